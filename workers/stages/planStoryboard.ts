/** Plans from the prompt which stage of its action each frame of the clip shows, and where. */
import type { Tensor } from 'onnxruntime-common';
import { FlipbookError } from '../../src/shared/errors';
import type { ModelManifest } from '../../src/shared/manifest';
import { nearestRate } from '../sampling/schedule';
import { storyboardOf } from '../sampling/storyboard';
import type { Storyboard } from '../sampling/storyboard';
import type { PipelineContext } from './context';
import type { TokenizedPrompt } from './tokenizePrompt';

/** What the stages that draw are told of the clip. */
export interface ClipPlan {
  text: TokenizedPrompt;
  /** Absent in packages that plan none: every frame opens with beginOfImage. */
  storyboard: Storyboard | undefined;
}

/**
 * @returns undefined where the package has no planner. Of a prompt that states no action every
 *   frame opens with beginOfImage.
 * @throws FlipbookError ModelIntegrity when the planner does not tell every rate's frames.
 */
export async function planStoryboard(
  { prompt }: Pick<TokenizedPrompt, 'prompt'>,
  { manifest, graphs, options, keyRate }: PlanContext,
): Promise<Storyboard | undefined> {
  const { storyboard: planner } = graphs;
  if (!planner) return undefined;
  const { ids, textLength, rates } = manifest;
  const text = new Int32Array(textLength).fill(ids.pad);
  text.set(prompt.subarray(0, textLength));
  const { Tensor } = planner.runtime.ort;
  const results = await planner.run({ text: new Tensor('int32', text, [1, textLength]) });
  const opening = checkedOpening(results['opening'], manifest);
  const points = opening.dims.at(-1)!;
  // Clips of one prompt differ in where the body goes.
  const path = options.seed % pathsOf(opening);
  // What a clip shows at a moment depends on how long it is, which the key frames' rate tells.
  const row = path * rates.length + rates.indexOf(nearestRate(manifest, keyRate));
  const planned = (opening.data as Int32Array).subarray(row * points, (row + 1) * points);
  return storyboardOf(planned, options.rounds);
}

type PlanContext = Pick<PipelineContext, 'manifest' | 'graphs' | 'keyRate'> & {
  options: Pick<PipelineContext['options'], 'rounds' | 'seed'>;
};

/** Paths to choose from; packages of before 0.13.0 plan one that tells no places. */
function pathsOf({ dims }: Pick<Tensor, 'dims'>): number {
  return dims.length === 4 ? dims[1]! : 1;
}

/** @returns int32 [1, paths, rates, points], or without the paths where there is one. */
function checkedOpening(opening: Tensor | undefined, { rates }: ModelManifest): Tensor {
  const dims = opening?.dims ?? [];
  const [rows = 0, points = 0] = dims.slice(-2);
  const ranks = dims.length === 3 || (dims.length === 4 && dims[1]! >= 1);
  const fits = ranks && dims[0] === 1 && rows === rates.length && points >= 2;
  if (opening?.type === 'int32' && fits) return opening;
  const found = opening ? `${opening.type} [${opening.dims.join(', ')}]` : 'nothing';
  throw new FlipbookError(
    'ModelIntegrity',
    `The storyboard planner gives ${found} as opening, but must give int32 [1, paths, ` +
      `${rates.length}, 2 or more]: one row for each of the rates. Export the package again.`,
  );
}
