/** Some candidates of the key frames that are drawn together, cell by cell or in passes. */
import type { RunnerBatch } from '../runtime/runnerBatch';
import { streamKey } from '../sampling/randomStream';
import { KEYFRAME_ORDER, keyFrameSlot, keyFrameSlots } from '../sampling/schedule';
import { batchOpening } from '../sampling/storyboard';
import type { DrawnFrame, PipelineContext } from './context';
import type { ClipPlan } from './planStoryboard';
import { guidanceTexts } from './tokenizePrompt';
import type { TokenizedPrompt } from './tokenizePrompt';

/** Tokens [cells] of the key frames of one candidate, so far. */
export type Candidate = Int32Array[];

export interface CandidateBatch {
  text: TokenizedPrompt;
  /** Whether the first of them is shown while it is drawn. */
  shown: boolean;
  /** Key of each candidate's random stream. */
  streams: readonly number[];
  guidance: number;
  /** Branch b of candidate c is sequence b * candidates + c. */
  sequences: RunnerBatch;
}

/** Candidates `first` to `first + count - 1`; candidate 0 is shown. */
export function candidateBatch(
  { text, storyboard }: ClipPlan,
  first: number,
  count: number,
  context: PipelineContext,
): CandidateBatch {
  const { manifest, options, keyRate } = context;
  const { guidance, seed, rounds } = options;
  const branches = guidanceTexts(text, 'keyframes', keyRate, guidance, context);
  const candidates = Array.from({ length: count }, (_, index) => first + index);
  const slots = candidates.map(() => keyFrameSlots(rounds));
  return {
    text,
    shown: first === 0,
    streams: candidates.map((candidate) => streamKey(seed, 0, candidate)),
    guidance,
    sequences: {
      texts: branches.flatMap((branch) => candidates.map(() => branch)),
      windows: manifest.keyframeWindows,
      order: KEYFRAME_ORDER,
      ...batchOpening(storyboard, slots, branches.length, manifest.ids.beginOfImage),
      textBoost: guidance === 1 ? manifest.sampling.textBoost : 0,
    },
  };
}

/** A key frame whose cells are all drawn. */
export function finishedFrame(
  index: number,
  tokens: Int32Array,
  { options }: Pick<PipelineContext, 'options'>,
): DrawnFrame {
  const slot = keyFrameSlot(index, options.rounds);
  const cells = tokens.length;
  return { slot, round: 0, tokens, drawnCells: cells, greyFrom: cells };
}
