/** The choice after a key frame: all candidates of a batch go on from the best one. */
import type { ModelManifest } from '../../src/shared/manifest';
import type { TransformerRunner } from '../runtime/transformerRunner';
import type { PipelineContext } from './context';
import { rankKeyFrames } from './rankKeyFrames';
import type { TokenizedPrompt } from './tokenizePrompt';

/** Whether a batch of `count` candidates is chosen from after every frame. */
export function choosesFrames({ sampling }: ModelManifest, count: number): boolean {
  return count > 1 && sampling.candidateChoice === 'frame';
}

/**
 * Replaces what every candidate has drawn as frame `index`, its last one, by what the best one has,
 * in the runner's caches too.
 *
 * @param candidates tokens [cells] of the frames of each candidate so far.
 * @returns the best one's number.
 * @throws the signal's reason when the job was cancelled.
 */
export async function goOnFromBest(
  text: TokenizedPrompt,
  runner: TransformerRunner,
  index: number,
  candidates: readonly Int32Array[][],
  context: PipelineContext,
): Promise<number> {
  await context.breathe();
  context.signal.throwIfAborted();
  const best = await rankKeyFrames(text, candidates, context);
  const count = candidates.length;
  // Sequence branch * count + candidate goes on from its branch's best.
  const sources = Array.from(runner.ids, (_, sequence) => sequence - (sequence % count) + best);
  runner.copyFrame(index, sources);
  for (const frames of candidates) frames[index] = candidates[best]![index]!;
  return best;
}
