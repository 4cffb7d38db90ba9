/** Some windows of a round that are drawn together, cell by cell or in passes. */
import type { RunnerBatch } from '../runtime/runnerBatch';
import { streamKey } from '../sampling/randomStream';
import { INTERPOLATION_ORDER } from '../sampling/schedule';
import type { RoundWindow } from '../sampling/schedule';
import { batchOpening } from '../sampling/storyboard';
import type { DrawnFrame, FrameTokens, PipelineContext } from './context';
import type { ClipPlan } from './planStoryboard';
import { guidanceTexts } from './tokenizePrompt';

export interface WindowBatch {
  round: number;
  windows: readonly RoundWindow[];
  /** Key of each window's random stream. */
  streams: readonly number[];
  guidance: number;
  /** Tokens of frames 0, 2 and 4 of each window. */
  given: readonly (readonly Int32Array[])[];
  /** Branch b of window w is sequence b * windows + w. */
  branches: number;
  sequences: RunnerBatch;
}

/** @param first number of the batch's first window in the round. */
export function windowBatch(
  { text, storyboard }: ClipPlan,
  frames: FrameTokens,
  windows: readonly RoundWindow[],
  first: number,
  round: number,
  context: PipelineContext,
): WindowBatch {
  const { manifest, options, keyRate } = context;
  const guidance = manifest.sampling.interpolationGuidance;
  const rate = keyRate * 2 ** round;
  const branches = guidanceTexts(text, 'interpolation', rate, guidance, context);
  const clipSlots = windows.map(({ slots }) => slots);
  return {
    round,
    windows,
    streams: windows.map((_, index) => streamKey(options.seed, round, first + index)),
    guidance,
    given: clipSlots.map((slots) => [0, 2, 4].map((frame) => frames.get(slots[frame]!)!)),
    branches: branches.length,
    sequences: {
      texts: branches.flatMap((branch) => windows.map(() => branch)),
      windows: manifest.interpolationWindows,
      order: INTERPOLATION_ORDER,
      ...batchOpening(storyboard, clipSlots, branches.length, manifest.ids.beginOfImage),
      textBoost: guidance === 1 ? manifest.sampling.textBoost : 0,
      asReleased: manifest.release?.asReleased ?? false,
    },
  };
}

/** The given frames of each sequence. */
export function givenOfSequences({ given, branches }: WindowBatch): WindowBatch['given'] {
  return Array.from({ length: branches }, () => given).flat();
}

/** One finished frame of every window.
 *  @param slot of the frame in its window. */
export function finishedFrames(
  { windows, round }: WindowBatch,
  slot: number,
  tokens: readonly Int32Array[],
): DrawnFrame[] {
  return windows.map(({ slots }, window) => ({
    slot: slots[slot]!,
    round,
    tokens: tokens[window]!,
    drawnCells: tokens[window]!.length,
    greyFrom: tokens[window]!.length,
  }));
}
