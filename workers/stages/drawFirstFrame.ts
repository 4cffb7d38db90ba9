/**
 * CogVideo's first key frame: a picture of a text of its own, drawn by the base channel alone. The
 * other key frames begin anew with it as their given frame, under their own text.
 */
import { chooseDrawer } from '../runtime/chooseDrawer';
import { TransformerRunner } from '../runtime/transformerRunner';
import type { RunnerBatch } from '../runtime/runnerBatch';
import { KEYFRAME_ORDER, keyFrameSlot } from '../sampling/schedule';
import type { DrawnFrame, PipelineContext } from './context';
import { drawFrame } from './drawFrame';
import type { TokenizedPrompt } from './tokenizePrompt';
import { firstFrameText } from './tokenizePrompt';

/**
 * Draws the frame once for every random stream, in one batch, without guidance; yields that of the
 * first stream after every grid row. A cell takes the number of its stream that the other way of
 * drawing would give it: number c for cell c.
 *
 * @param streams keys of the candidates' random streams.
 * @returns tokens [cells] of each stream; undefined, at once, where the package draws its first
 *   key frame like the others.
 */
export async function* drawFirstFrame(
  text: TokenizedPrompt,
  streams: readonly number[],
  context: PipelineContext,
): AsyncGenerator<DrawnFrame, Int32Array[] | undefined> {
  const ids = firstFrameText(text, context);
  if (!ids) return undefined;
  const { manifest, graphs, options } = context;
  const { sampling, grid } = manifest;
  const cells = grid * grid;
  const tokens = streams.map(() => new Int32Array(cells));
  const runner = new TransformerRunner(graphs.keyframes, manifest, {
    texts: streams.map(() => ids),
    windows: manifest.keyframeWindows,
    order: KEYFRAME_ORDER,
    textBoost: sampling.firstFrame?.textBoost ?? sampling.textBoost,
    baseOnly: true,
  });
  const own = sampling.firstFrame ?? options;
  const drawer = chooseDrawer({ runner, streams, guidance: 1, sampling: own }, context);
  try {
    await runner.prefill(streams.map(() => []));
    await runner.record();
    const hintFrames = streams.map(() => []);
    const frame = { order: 0, firstIndex: 0, tokens, hintFrames, shown: true };
    const drawing = drawFrame(drawer, frame, context);
    const slot = keyFrameSlot(0, options.rounds);
    for await (const drawnCells of drawing) {
      if (drawnCells % grid !== 0) continue;
      yield { slot, round: 0, tokens: tokens[0]!.slice(), drawnCells, greyFrom: drawnCells };
    }
  } finally {
    drawer.dispose();
    runner.dispose();
  }
  return tokens;
}

/** How the other key frames begin behind a given first one: it is seen as they are drawn. */
export function givenFirstFrame({
  release,
}: PipelineContext['manifest']): Pick<RunnerBatch, 'causalPrefill' | 'asReleased'> {
  return { causalPrefill: true, asReleased: release?.asReleased ?? false };
}
