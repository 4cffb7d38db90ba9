/** Draws the five key frames one after the other, once or in several candidates. */
import { streamKey } from '../sampling/randomStream';
import { KEYFRAME_ORDER, keyFrameSlot, keyFrameSlots } from '../sampling/schedule';
import { batchOpening } from '../sampling/storyboard';
import { chooseDrawer } from '../runtime/chooseDrawer';
import type { TokenDrawer } from '../runtime/tokenDrawer';
import { TransformerRunner } from '../runtime/transformerRunner';
import type { DrawnFrame, KeyFrames, PipelineContext } from './context';
import { drawFirstFrame, givenFirstFrame } from './drawFirstFrame';
import { drawFrame } from './drawFrame';
import { choosesFrames, goOnFromBest } from './goOnFromBest';
import type { ClipPlan } from './planStoryboard';
import { rankKeyFrames } from './rankKeyFrames';
import { guidanceTexts } from './tokenizePrompt';
import { windowsThatFit } from './windowsThatFit';

/** Tokens [cells] of the five key frames. */
type Candidate = Int32Array[];

/**
 * Yields the frame being drawn after every grid row, and each finished frame. Of several
 * candidates the first is shown; if another one fits the prompt better, its frames follow, after
 * every frame or in the end, as the package's ranker can judge.
 */
export async function* generateKeyframes(
  plan: ClipPlan,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame, KeyFrames> {
  const { options, meter, signal } = context;
  meter.begin('keyframes', 0);
  const size = windowsThatFit(options.guidance, context);
  const candidates: Candidate[] = [];
  while (candidates.length < options.candidates) {
    const count = Math.min(size, options.candidates - candidates.length);
    candidates.push(...(yield* drawCandidates(plan, candidates.length, count, context)));
  }
  await context.breathe();
  signal.throwIfAborted();
  const best = await rankKeyFrames(plan.text, candidates, context);
  const slots = keyFrameSlots(options.rounds);
  const frames = new Map(candidates[best]!.map((tokens, index) => [slots[index]!, tokens]));
  for (const [index, tokens] of candidates[best]!.entries()) {
    if (tokens !== candidates[0]![index]) yield finishedFrame(index, tokens, context);
  }
  return frames;
}

function finishedFrame(
  index: number,
  tokens: Int32Array,
  { options }: PipelineContext,
): DrawnFrame {
  const slot = keyFrameSlot(index, options.rounds);
  return { slot, round: 0, tokens, drawnCells: tokens.length, greyRest: false };
}

/**
 * Draws candidates `first` to `first + count - 1` in one batch; candidate 0 is shown. Where the
 * ranker chooses after every frame, those of a batch go on from its best one.
 */
async function* drawCandidates(
  { text, storyboard }: ClipPlan,
  first: number,
  count: number,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame, Candidate[]> {
  const { manifest, graphs, options, keyRate } = context;
  const { guidance, seed } = options;
  const branches = guidanceTexts(text, 'keyframes', keyRate, guidance, context);
  const candidates = Array.from({ length: count }, (_, index) => first + index);
  const texts = branches.flatMap((branch) => candidates.map(() => branch));
  const slots = candidates.map(() => keyFrameSlots(options.rounds));
  const streams = candidates.map((candidate) => streamKey(seed, 0, candidate));
  const drawingFirst = drawFirstFrame(text, streams, context);
  const given = first === 0 ? yield* drawingFirst : await finish(drawingFirst);
  const runner = new TransformerRunner(graphs.keyframes, manifest, {
    texts,
    windows: manifest.keyframeWindows,
    order: KEYFRAME_ORDER,
    ...batchOpening(storyboard, slots, branches.length, manifest.ids.beginOfImage),
    textBoost: guidance === 1 ? manifest.sampling.textBoost : 0,
    ...(given ? givenFirstFrame(manifest) : {}),
  });
  const drawer = chooseDrawer({ runner, streams, guidance, sampling: options }, context);
  try {
    const drawn: Candidate[] = candidates.map((_, index) => (given ? [given[index]!] : []));
    await runner.prefill(branches.flatMap(() => drawn.map((frames) => [...frames])));
    for (const index of KEYFRAME_ORDER.slice(given ? 1 : 0)) {
      const drawing = drawKeyFrame(drawer, index, drawn, first === 0, context);
      if (first === 0) yield* drawing;
      else await finish(drawing);
      if (!choosesFrames(manifest, count) || index === KEYFRAME_ORDER.at(-1)) continue;
      const best = await goOnFromBest(text, runner, index, drawn, context);
      if (first === 0 && best > 0) yield finishedFrame(index, drawn[0]![index]!, context);
    }
    return drawn;
  } finally {
    drawer.dispose();
    runner.dispose();
  }
}

/** Runs a drawing that is not shown to its end; what it returns. */
async function finish<Drawn>(drawing: AsyncGenerator<DrawnFrame, Drawn>): Promise<Drawn> {
  for (;;) {
    const { done, value } = await drawing.next();
    if (done) return value;
  }
}

/** Adds one frame to every candidate of a batch; yields that of the first, if it is shown. */
async function* drawKeyFrame(
  drawer: TokenDrawer,
  index: number,
  candidates: readonly Candidate[],
  shown: boolean,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame> {
  const { manifest, options } = context;
  const { grid } = manifest;
  const cells = grid * grid;
  const tokens = candidates.map(() => new Int32Array(cells));
  const before = candidates.map((frames) => frames.slice(-1));
  const frame = { order: index, firstIndex: index * cells, tokens, hintFrames: before, shown };
  const slot = keyFrameSlot(index, options.rounds);
  const previous = before[0]?.[0];
  for await (const drawnCells of drawFrame(drawer, frame, context)) {
    if (!shown || drawnCells % grid !== 0) continue;
    const draft = tokens[0]!.slice();
    // Cells that are still to come show what the previous key frame has there.
    if (previous) draft.set(previous.subarray(drawnCells), drawnCells);
    yield { slot, round: 0, tokens: draft, drawnCells, greyRest: previous === undefined };
  }
  candidates.forEach((frames, candidate) => frames.push(tokens[candidate]!));
}
