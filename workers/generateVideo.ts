/** The main flow: a prompt becomes a clip, frame by frame. */
import type { GenerationResult } from '../src/shared/protocol';
import type { ClipFrames, KeyFrames, PipelineContext } from './stages/context';
import { decodeFrames } from './stages/decodeFrames';
import { generateKeyframes } from './stages/generateKeyframes';
import { interpolateFrames } from './stages/interpolateFrames';
import { planStoryboard } from './stages/planStoryboard';
import { tokenizePrompt } from './stages/tokenizePrompt';

/**
 * Tokenizes the prompt, plans the storyboard, draws key frames, then fills the gaps round by round;
 * every frame is decoded and reported as soon as it is drawn. A cancelled job resolves with what it
 * has.
 */
export async function generateVideo(context: PipelineContext): Promise<GenerationResult> {
  const { options, meter, signal, keyRate } = context;
  try {
    meter.beginTokenize();
    const text = await tokenizePrompt(options.prompt, context);
    const storyboard = await planStoryboard(text, context);
    if (storyboard) context.report({ kind: 'storyboard', opening: storyboard.opening });
    const plan = { text, storyboard };
    let frames: KeyFrames | ClipFrames;
    frames = await decodeFrames(generateKeyframes(plan, context), text.prompt, context);
    meter.finishStage();
    for (let round = 1; round <= options.rounds; round++) {
      const drawing = interpolateFrames(plan, frames, round, context);
      frames = await decodeFrames(drawing, text.prompt, context);
      meter.finishStage();
    }
    return meter.result('complete', keyRate);
  } catch (error) {
    if (signal.aborted && error === signal.reason) return meter.result('cancelled', keyRate);
    throw error;
  }
}
