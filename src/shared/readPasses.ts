/** Whether and how a package draws many cells in a run, from its manifest. */
import { MOST_PASSES, ROWS } from './manifest';
import type { ModelManifest, SamplingDefaults } from './manifest';
import { fail } from './manifestReader';
import type { ManifestReader } from './manifestReader';

const MOST_NOISE = 100;

/** What each stage calls its passes. */
const PASSES = { keyframes: 'keyFramePasses', interpolation: 'interpolationPasses' } as const;
const STAGES = ['keyframes', 'interpolation'] as const;
/** What asks for the logits of several rows, and of which stage. */
const MANY_ROWS = [
  ['keyFramePasses', 'keyframes'],
  ['keyFrameLag', 'keyframes'],
  ['interpolationPasses', 'interpolation'],
] as const;

type ManyRows = (typeof MANY_ROWS)[number][0];
type Passes = Pick<SamplingDefaults, ManyRows | 'choiceNoise'>;

/**
 * @param cells of a frame.
 * @throws FlipbookError InvalidManifest, as `checkPasses`.
 */
export function readPasses(sampling: ManifestReader, cells: number): Passes {
  const passes: Passes = {};
  for (const stage of STAGES) {
    const name = PASSES[stage];
    if (sampling.has(name)) passes[name] = sampling.integer(name, 1, MOST_PASSES);
  }
  const hasPasses = Object.keys(passes).length > 0;
  if (sampling.has('keyFrameLag')) passes.keyFrameLag = sampling.integer('keyFrameLag', 1, cells);
  if (!sampling.has('choiceNoise')) return passes;
  if (!hasPasses) {
    const rule = `needs ${STAGES.map((stage) => `sampling.${PASSES[stage]}`).join(' or ')}`;
    return fail(sampling.at('choiceNoise'), rule, sampling.value['choiceNoise']);
  }
  return { ...passes, choiceNoise: sampling.number('choiceNoise', 0, MOST_NOISE) };
}

type PassesManifest = Pick<ModelManifest, 'graphs' | 'sampling' | 'promptTexts'>;

/** Several rows need a graph that gives their logits, which may be there without them; a pass asks
 *  codes how sure they are, and waves and passes draw all key frames alike. */
export function checkPasses(manifest: PassesManifest): void {
  const { sampling, promptTexts } = manifest;
  for (const [name, stage] of MANY_ROWS) {
    if (sampling[name] === undefined) continue;
    checkGraph(name, stage, manifest);
    if (sampling.clusters) {
      refuse(name, 'sampling.clusters, by which cells are drawn one by one', sampling);
    }
    if (promptTexts && stage === 'keyframes') {
      refuse(name, 'promptTexts, whose first key frame comes alone', sampling);
    }
  }
}

function refuse(name: ManyRows, beside: string, sampling: ModelManifest['sampling']): never {
  return fail(`sampling.${name}`, `cannot stand beside ${beside}`, sampling[name]);
}

function checkGraph(
  name: ManyRows,
  stage: (typeof STAGES)[number],
  { graphs }: PassesManifest,
): void {
  const { inputs } = graphs[stage];
  if (inputs.includes(ROWS)) return;
  fail(
    `graphs.${stage}.inputs`,
    `must have ${ROWS}, since sampling.${name} asks for many cells in a run`,
    inputs,
    `Export the graph of a model that can draw masked cells, or leave sampling.${name} out.`,
  );
}
