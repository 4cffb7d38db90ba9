/** Whether and how a package draws masked cells, from its manifest. */
import { MOST_PASSES, ROWS } from './manifest';
import type { ModelManifest, SamplingDefaults } from './manifest';
import { fail } from './manifestReader';
import type { ManifestReader } from './manifestReader';

const MOST_NOISE = 100;

/** What each stage calls its passes. */
const PASSES = { keyframes: 'keyFramePasses', interpolation: 'interpolationPasses' } as const;
const STAGES = ['keyframes', 'interpolation'] as const;

type Passes = Pick<SamplingDefaults, (typeof PASSES)[(typeof STAGES)[number]] | 'choiceNoise'>;

/** @throws FlipbookError InvalidManifest, as `checkPasses`. */
export function readPasses(sampling: ManifestReader): Passes {
  const passes: Passes = {};
  for (const stage of STAGES) {
    const name = PASSES[stage];
    if (sampling.has(name)) passes[name] = sampling.integer(name, 1, MOST_PASSES);
  }
  if (!sampling.has('choiceNoise')) return passes;
  if (Object.keys(passes).length === 0) {
    const rule = `needs ${STAGES.map((stage) => `sampling.${PASSES[stage]}`).join(' or ')}`;
    return fail(sampling.at('choiceNoise'), rule, sampling.value['choiceNoise']);
  }
  return { ...passes, choiceNoise: sampling.number('choiceNoise', 0, MOST_NOISE) };
}

type PassesManifest = Pick<ModelManifest, 'graphs' | 'sampling' | 'promptTexts'>;

/** Passes need a graph of masked cells, which may be there without them; which cells are sure is
 *  asked of codes. */
export function checkPasses(manifest: PassesManifest): void {
  const { sampling, promptTexts } = manifest;
  for (const stage of STAGES) {
    checkGraph(stage, manifest);
    if (sampling.clusters) {
      refuse(stage, 'sampling.clusters, by which cells are drawn one by one', sampling);
    }
  }
  if (promptTexts) refuse('keyframes', 'promptTexts, whose first key frame comes alone', sampling);
}

function refuse(
  stage: (typeof STAGES)[number],
  beside: string,
  sampling: ModelManifest['sampling'],
): void {
  const passes = sampling[PASSES[stage]];
  if (passes === undefined) return;
  fail(`sampling.${PASSES[stage]}`, `cannot stand beside ${beside}`, passes);
}

function checkGraph(stage: (typeof STAGES)[number], { graphs, sampling }: PassesManifest): void {
  const { inputs } = graphs[stage];
  if (sampling[PASSES[stage]] === undefined || inputs.includes(ROWS)) return;
  const name = `sampling.${PASSES[stage]}`;
  fail(
    `graphs.${stage}.inputs`,
    `must have ${ROWS}, since ${name} asks for masked cells`,
    inputs,
    `Export the graph of a model that can draw masked cells, or leave ${name} out.`,
  );
}
