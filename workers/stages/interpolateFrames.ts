/** One interpolation round: draws the frames between neighbouring frames, all windows at once. */
import { GIVEN_FRAMES, INTERPOLATION_ORDER, roundWindows } from '../sampling/schedule';
import { chooseDrawer } from '../runtime/chooseDrawer';
import { passesOfRound } from '../runtime/passesOn';
import { TransformerRunner } from '../runtime/transformerRunner';
import type { ClipFrames, DrawnFrame, KeyFrames, PipelineContext } from './context';
import { drawFrame } from './drawFrame';
import { interpolateInPasses } from './interpolateInPasses';
import type { ClipPlan } from './planStoryboard';
import { finishedFrames, givenOfSequences, windowBatch } from './windowBatch';
import type { WindowBatch } from './windowBatch';
import { passWindowsThatFit, windowsThatFit } from './windowsThatFit';

/** Yields each finished frame, a batch's frame 1 of all windows first, then its frame 3. */
export async function* interpolateFrames(
  plan: ClipPlan,
  given: KeyFrames | ClipFrames,
  round: number,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame, ClipFrames> {
  context.meter.begin('interpolate', round);
  const frames = new Map<number, Int32Array>(given);
  const windows = roundWindows(round, context.options.rounds);
  const [draw, thatFit] =
    passesOfRound(context.passes, round) > 0
      ? ([interpolateInPasses, passWindowsThatFit] as const)
      : ([interpolateCellByCell, windowsThatFit] as const);
  const size = thatFit(context.manifest.sampling.interpolationGuidance, context);
  for (let first = 0; first < windows.length; first += size) {
    const some = windows.slice(first, first + size);
    const batch = windowBatch(plan, frames, some, first, round, context);
    for await (const frame of draw(batch, context)) {
      frames.set(frame.slot, frame.tokens);
      yield frame;
    }
  }
  return frames;
}

/** Yields frame 1 of all windows, then their frame 3. */
export async function* interpolateCellByCell(
  batch: WindowBatch,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame> {
  const { manifest, graphs, options } = context;
  const { streams, guidance, windows } = batch;
  const cells = manifest.grid * manifest.grid;
  const runner = new TransformerRunner(graphs.interpolation, manifest, batch.sequences);
  const drawer = chooseDrawer({ runner, streams, guidance, sampling: options }, context);
  try {
    await context.breathe();
    context.signal.throwIfAborted();
    await runner.prefill(givenOfSequences(batch));
    await runner.record();
    for (const order of [GIVEN_FRAMES, GIVEN_FRAMES + 1]) {
      const tokens = windows.map(() => new Int32Array(cells));
      // The given frames before and after are neighbours in `given`: 0 and 2, or 2 and 4.
      const before = order - GIVEN_FRAMES;
      const hintFrames = batch.given.map((frames) => frames.slice(before, before + 2));
      const frame = { order, firstIndex: before * cells, tokens, hintFrames, shown: false };
      for await (const drawnCells of drawFrame(drawer, frame, context)) void drawnCells;
      yield* finishedFrames(batch, INTERPOLATION_ORDER[order]!, tokens);
    }
  } finally {
    drawer.dispose();
    runner.dispose();
  }
}
