/** Whether and how a package draws the frames between as masked cells, from its manifest. */
import { MOST_PASSES, ROWS } from './manifest';
import type { ModelManifest, SamplingDefaults } from './manifest';
import { fail } from './manifestReader';
import type { ManifestReader } from './manifestReader';

const MOST_NOISE = 100;

/** @throws FlipbookError InvalidManifest, as `checkPasses`. */
export function readPasses(
  sampling: ManifestReader,
): Pick<SamplingDefaults, 'interpolationPasses' | 'choiceNoise'> {
  if (!sampling.has('interpolationPasses')) {
    const noise = sampling.value['choiceNoise'];
    if (noise === undefined) return {};
    return fail(sampling.at('choiceNoise'), 'needs sampling.interpolationPasses', noise);
  }
  return {
    interpolationPasses: sampling.integer('interpolationPasses', 1, MOST_PASSES),
    ...(sampling.has('choiceNoise')
      ? { choiceNoise: sampling.number('choiceNoise', 0, MOST_NOISE) }
      : {}),
  };
}

/** Passes and a graph of masked cells belong together; which cells are sure is asked of codes. */
export function checkPasses({
  graphs,
  sampling,
}: Pick<ModelManifest, 'graphs' | 'sampling'>): void {
  const { interpolationPasses, clusters } = sampling;
  const { inputs } = graphs.interpolation;
  const masked = inputs.includes(ROWS);
  if (interpolationPasses === undefined) {
    if (!masked) return;
    fail(
      'sampling.interpolationPasses',
      `must be a whole number, since graphs.interpolation.inputs has ${ROWS}: it can draw masked cells`,
      undefined,
    );
  }
  if (!masked) {
    fail(
      'graphs.interpolation.inputs',
      `must have ${ROWS}, since sampling.interpolationPasses asks for masked cells`,
      inputs,
      'Export the graph of a model that can draw masked cells, or leave sampling.interpolationPasses out.',
    );
  }
  if (clusters) {
    const rule = 'cannot stand beside sampling.clusters, by which cells are drawn one by one';
    fail('sampling.interpolationPasses', rule, interpolationPasses);
  }
}
