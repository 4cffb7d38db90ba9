/** Draws the key frames of a batch of candidates as masked cells, one whole frame in a few passes. */
import { MaskedKeyFrames } from '../runtime/maskedKeyFrames';
import { passDrawer } from '../runtime/passDrawer';
import type { PassDrawer } from '../runtime/passDrawer';
import { NOT_DRAWN, numbersTaken } from '../sampling/maskedDrawing';
import { KEYFRAME_ORDER, keyFrameSlot } from '../sampling/schedule';
import { finishedFrame } from './candidateBatch';
import type { Candidate, CandidateBatch } from './candidateBatch';
import type { DrawnFrame, PipelineContext } from './context';
import { drawPasses } from './drawPasses';
import { choosesFrames, goOnFromBest } from './goOnFromBest';

/** Yields a draft of the first candidate's frame behind every pass but the last, and the frame when
 *  it is finished: behind the ranker's choice, where that comes after every frame. */
export async function* keyFramesInPasses(
  batch: CandidateBatch,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame, Candidate[]> {
  const { manifest, graphs, options } = context;
  const { streams, guidance } = batch;
  const drawn: Candidate[] = streams.map(() => []);
  // No boost of the text, as in training/transformer/masked_key_frames.py.
  const sequences = { ...batch.sequences, textBoost: 0 };
  const runner = new MaskedKeyFrames(graphs.keyframes, manifest, sequences);
  const rows = manifest.grid * manifest.grid;
  const drawing = { windows: streams.length, rows, guidance, sampling: options };
  const drawer = passDrawer(runner, drawing, manifest);
  try {
    await cancelPoint(context);
    await runner.prefill();
    for (const index of KEYFRAME_ORDER) {
      runner.begin(
        index,
        drawn.flatMap((frames) => frames.slice(-1)),
      );
      yield* drawKeyFrame(drawer, index, streams, drawn, context);
      const isLast = index === KEYFRAME_ORDER.at(-1);
      if (!isLast && choosesFrames(manifest, drawn.length)) {
        await goOnFromBest(batch.text, index, drawn, context);
      }
      yield finishedFrame(index, drawn[0]![index]!, context);
      if (isLast) break;
      await cancelPoint(context);
      await runner.finish(drawn.map((frames) => frames[index]!));
    }
    return drawn;
  } finally {
    drawer.dispose();
    runner.dispose();
  }
}

/** Adds one frame to every candidate of a batch; yields that of the first while cells are hidden. */
async function* drawKeyFrame(
  drawer: PassDrawer,
  index: number,
  streams: readonly number[],
  candidates: readonly Candidate[],
  context: PipelineContext,
): AsyncGenerator<DrawnFrame> {
  const { manifest, options } = context;
  const cells = manifest.grid * manifest.grid;
  const passes = context.passes.keyframes;
  const tokens = candidates.map(() => new Int32Array(cells).fill(NOT_DRAWN));
  const firstIndex = index * numbersTaken(passes, cells);
  const drawing = { drawer, tokens, streams, passes, firstIndex };
  const slot = keyFrameSlot(index, options.rounds);
  for await (const [draft] of drawPasses(drawing, context)) {
    const drawnCells = tokens[0]!.reduce((sum, id) => sum + (id === NOT_DRAWN ? 0 : 1), 0);
    if (drawnCells < cells) yield { slot, round: 0, tokens: draft!, drawnCells, greyFrom: cells };
  }
  candidates.forEach((frames, candidate) => frames.push(tokens[candidate]!));
}

/** Lets a cancel in.
 *  @throws the signal's reason when the job was cancelled. */
async function cancelPoint({ breathe, signal }: PipelineContext): Promise<void> {
  await breathe();
  signal.throwIfAborted();
}
