/** Plans from the prompt which stage of its action each frame of the clip shows. */
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
  const [, , points = 0] = opening.dims;
  // What a clip shows at a moment depends on how long it is, which the key frames' rate tells.
  const row = rates.indexOf(nearestRate(manifest, keyRate));
  const planned = (opening.data as Int32Array).subarray(row * points, (row + 1) * points);
  return storyboardOf(planned, options.rounds);
}

type PlanContext = Pick<PipelineContext, 'manifest' | 'graphs' | 'keyRate'> & {
  options: Pick<PipelineContext['options'], 'rounds'>;
};

/** @returns int32 [1, rates, points]. */
function checkedOpening(opening: Tensor | undefined, { rates }: ModelManifest): Tensor {
  const [texts, rows, points = 0, ...more] = opening?.dims ?? [];
  const fits = texts === 1 && rows === rates.length && points >= 2 && more.length === 0;
  if (opening?.type === 'int32' && fits) return opening;
  const found = opening ? `${opening.type} [${opening.dims.join(', ')}]` : 'nothing';
  throw new FlipbookError(
    'ModelIntegrity',
    `The storyboard planner gives ${found} as opening, but must give int32 [1, ${rates.length}, ` +
      '2 or more]: one row for each of the rates. Export the package again.',
  );
}
