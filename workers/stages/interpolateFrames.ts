/** One interpolation round: draws the frames between neighbouring frames, all windows at once. */
import { streamKey } from '../sampling/randomStream';
import { GIVEN_FRAMES, INTERPOLATION_ORDER, roundWindows } from '../sampling/schedule';
import type { RoundWindow } from '../sampling/schedule';
import { batchOpening } from '../sampling/storyboard';
import { chooseDrawer } from '../runtime/chooseDrawer';
import { TransformerRunner } from '../runtime/transformerRunner';
import type { ClipFrames, DrawnFrame, FrameTokens, KeyFrames, PipelineContext } from './context';
import { drawFrame } from './drawFrame';
import type { ClipPlan } from './planStoryboard';
import { guidanceTexts } from './tokenizePrompt';
import { windowsThatFit } from './windowsThatFit';

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
  const size = windowsThatFit(context.manifest.sampling.interpolationGuidance, context);
  for (let first = 0; first < windows.length; first += size) {
    const batch = windows.slice(first, first + size);
    for await (const frame of drawBatch(plan, frames, batch, first, round, context)) {
      frames.set(frame.slot, frame.tokens);
      yield frame;
    }
  }
  return frames;
}

async function* drawBatch(
  { text, storyboard }: ClipPlan,
  frames: FrameTokens,
  windows: readonly RoundWindow[],
  firstWindow: number,
  round: number,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame> {
  const { manifest, graphs, options, keyRate } = context;
  const guidance = manifest.sampling.interpolationGuidance;
  const rate = keyRate * 2 ** round;
  const branches = guidanceTexts(text, 'interpolation', rate, guidance, context);
  const cells = manifest.grid * manifest.grid;
  const given = windows.map(({ slots }) => [0, 2, 4].map((frame) => frames.get(slots[frame]!)!));
  const clipSlots = windows.map(({ slots }) => slots);
  const runner = new TransformerRunner(graphs.interpolation, manifest, {
    texts: branches.flatMap((branch) => windows.map(() => branch)),
    windows: manifest.interpolationWindows,
    order: INTERPOLATION_ORDER,
    ...batchOpening(storyboard, clipSlots, branches.length, manifest.ids.beginOfImage),
    textBoost: guidance === 1 ? manifest.sampling.textBoost : 0,
    asReleased: manifest.release?.asReleased ?? false,
  });
  const streams = windows.map((_, index) => streamKey(options.seed, round, firstWindow + index));
  const drawer = chooseDrawer({ runner, streams, guidance, sampling: options }, context);
  try {
    await context.breathe();
    context.signal.throwIfAborted();
    await runner.prefill(branches.flatMap(() => given));
    for (const order of [GIVEN_FRAMES, GIVEN_FRAMES + 1]) {
      const wanted = INTERPOLATION_ORDER[order]!;
      const tokens = windows.map(() => new Int32Array(cells));
      // The given frames before and after are neighbours in `given`: 0 and 2, or 2 and 4.
      const before = order - GIVEN_FRAMES;
      const hintFrames = given.map((frames) => frames.slice(before, before + 2));
      const frame = { order, firstIndex: before * cells, tokens, hintFrames, shown: false };
      for await (const drawnCells of drawFrame(drawer, frame, context)) void drawnCells;
      for (const [index, { slots }] of windows.entries()) {
        yield {
          slot: slots[wanted],
          round,
          tokens: tokens[index]!,
          drawnCells: cells,
          greyRest: false,
        };
      }
    }
  } finally {
    drawer.dispose();
    runner.dispose();
  }
}
