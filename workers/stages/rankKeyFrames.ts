/** Chooses among several draws of the key frames, or of the first of them, the one that fits the
 *  prompt best. */
import { FlipbookError } from '../../src/shared/errors';
import { firstBest } from '../sampling/firstBest';
import type { PipelineContext } from './context';
import type { TokenizedPrompt } from './tokenizePrompt';
import { windowText } from './tokenizePrompt';

/**
 * @param candidates tokens [cells] of the key frames of each candidate: all five, or the first ones
 *   where the ranker can judge beginnings (the manifest's candidateChoice "frame").
 * @returns the number of the best candidate; of equal ones the first.
 * @throws FlipbookError ModelIntegrity when the ranker gives no score for each of them.
 */
export async function rankKeyFrames(
  text: TokenizedPrompt,
  candidates: readonly (readonly Int32Array[])[],
  context: Pick<PipelineContext, 'manifest' | 'graphs' | 'keyRate'>,
): Promise<number> {
  if (candidates.length === 1) return 0;
  const scores = await keyFrameScores(text, candidates, context);
  return firstBest(scores);
}

/** How well each candidate fits the prompt: float32 [candidates] in nats, higher is better. */
export async function keyFrameScores(
  text: TokenizedPrompt,
  candidates: readonly (readonly Int32Array[])[],
  { manifest, graphs, keyRate }: Pick<PipelineContext, 'manifest' | 'graphs' | 'keyRate'>,
): Promise<Float32Array> {
  const { ranker } = graphs;
  if (!ranker) throw new FlipbookError('Internal', 'There is no ranker to choose with.');
  const { grid, codes, textLength, windowFrames, ids } = manifest;
  const words = windowText(text, keyRate, 'conditional', { manifest });
  const count = candidates.length;
  const sentences = new Int32Array(count * textLength).fill(ids.pad);
  // The first id behind the codes says "not drawn yet".
  const tokens = new Int32Array(count * windowFrames * grid * grid).fill(codes);
  candidates.forEach((frames, candidate) => {
    sentences.set(words, candidate * textLength);
    frames.forEach((frame, index) => {
      tokens.set(frame, (candidate * windowFrames + index) * grid * grid);
    });
  });
  const { Tensor } = ranker.runtime.ort;
  const { score } = await ranker.run({
    text: new Tensor('int32', sentences, [count, textLength]),
    tokens: new Tensor('int32', tokens, [count, windowFrames, grid * grid]),
  });
  if (score?.data.length !== count) {
    throw new FlipbookError(
      'ModelIntegrity',
      `The ranker gives ${score?.data.length ?? 'no'} scores for ${count} candidates. Export the ` +
        'package again.',
    );
  }
  return score.data as Float32Array;
}
