/** The choice after a key frame: all candidates of a batch go on from the best one. */
import type { ModelManifest } from '../../src/shared/manifest';
import type { PipelineContext } from './context';
import { rankKeyFrames } from './rankKeyFrames';
import type { TokenizedPrompt } from './tokenizePrompt';

/** Whether a batch of `count` candidates is chosen from after every frame. */
export function choosesFrames({ sampling }: ModelManifest, count: number): boolean {
  return count > 1 && sampling.candidateChoice === 'frame';
}

/**
 * Replaces what every candidate has drawn as frame `index`, its last one, by what the best one has.
 *
 * @param candidates tokens [cells] of the frames of each candidate so far.
 * @returns the best one's number.
 * @throws the signal's reason when the job was cancelled.
 */
export async function goOnFromBest(
  text: TokenizedPrompt,
  index: number,
  candidates: readonly Int32Array[][],
  context: PipelineContext,
): Promise<number> {
  await context.breathe();
  context.signal.throwIfAborted();
  const best = await rankKeyFrames(text, candidates, context);
  for (const frames of candidates) frames[index] = candidates[best]![index]!;
  return best;
}

/** The sequence that each sequence goes on from: branch * candidates + candidate from its branch's
 *  best, for a runner whose caches hold the frame already. */
export function sourcesOf(best: number, candidates: number, sequences: number): number[] {
  return Array.from(
    { length: sequences },
    (_, sequence) => sequence - (sequence % candidates) + best,
  );
}
