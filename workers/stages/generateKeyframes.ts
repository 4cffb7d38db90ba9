/** Draws the five key frames, once or in several candidates. */
import { keyFrameSlots } from '../sampling/schedule';
import { candidateBatch, finishedFrame } from './candidateBatch';
import type { Candidate } from './candidateBatch';
import type { DrawnFrame, KeyFrames, PipelineContext } from './context';
import { finishDrawing } from './finishDrawing';
import { keyFramesCellByCell } from './keyFramesCellByCell';
import { keyFramesInParallel } from './keyFramesInParallel';
import { keyFramesInPasses } from './keyFramesInPasses';
import type { ClipPlan } from './planStoryboard';
import { rankKeyFrames } from './rankKeyFrames';
import { passCandidatesThatFit, waveCandidatesThatFit, windowsThatFit } from './windowsThatFit';

/**
 * Yields a frame being drawn after every grid row or pass, and each finished frame. Of several
 * candidates the first is shown; if another one fits the prompt better, its frames follow, after
 * every frame or in the end, as the package's ranker can judge.
 */
export async function* generateKeyframes(
  plan: ClipPlan,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame, KeyFrames> {
  const { options, meter, signal } = context;
  meter.begin('keyframes', 0);
  const { draw, thatFit } = wayOfDrawing(context);
  const size = thatFit(options.guidance, context);
  const candidates: Candidate[] = [];
  while (candidates.length < options.candidates) {
    const count = Math.min(size, options.candidates - candidates.length);
    const batch = candidateBatch(plan, candidates.length, count, context);
    const drawing = draw(batch, context);
    candidates.push(...(batch.shown ? yield* drawing : await finishDrawing(drawing)));
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

/** How the key frames of a batch are drawn, and how many candidates one may have. */
function wayOfDrawing({ passes, keyFrameLag }: PipelineContext) {
  if (passes.keyframes > 0) return { draw: keyFramesInPasses, thatFit: passCandidatesThatFit };
  if (keyFrameLag > 0) return { draw: keyFramesInParallel, thatFit: waveCandidatesThatFit };
  return { draw: keyFramesCellByCell, thatFit: windowsThatFit };
}
