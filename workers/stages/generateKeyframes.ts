/** Draws the five key frames one after the other. */
import { streamKey } from '../sampling/randomStream';
import { KEYFRAME_ORDER, keyFrameSlot } from '../sampling/schedule';
import { TransformerRunner } from '../runtime/transformerRunner';
import type { DrawnFrame, KeyFrames, PipelineContext } from './context';
import { drawFrame, samplerMemory } from './drawFrame';
import type { DrawnWindows } from './drawFrame';
import type { TokenizedPrompt } from './tokenizePrompt';
import { guidanceTexts } from './tokenizePrompt';

/** One clip per job, so the random stream's sample number is fixed. */
const SAMPLE = 0;

/** Yields the frame being drawn after every grid row, and each finished frame. */
export async function* generateKeyframes(
  text: TokenizedPrompt,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame, KeyFrames> {
  const { manifest, graphs, options, meter } = context;
  const { guidance, seed } = options;
  meter.begin('keyframes', 0);
  const texts = guidanceTexts(text, context.keyRate, guidance, context);
  const runner = new TransformerRunner(graphs.keyframes, manifest, {
    texts,
    windows: manifest.keyframeWindows,
    order: KEYFRAME_ORDER,
    textBoost: guidance === 1 ? manifest.sampling.textBoost : 0,
  });
  const frames = new Map<number, Int32Array>();
  try {
    await runner.prefill(texts.map(() => []));
    const streams = [streamKey(seed, 0, SAMPLE)];
    const memory = samplerMemory(manifest.codes);
    const windows = { runner, streams, guidance, memory };
    let previous: Int32Array | undefined;
    for (const index of KEYFRAME_ORDER) {
      const tokens = new Int32Array(manifest.grid * manifest.grid);
      const slot = keyFrameSlot(index, options.rounds);
      yield* drawKeyFrame(windows, index, tokens, previous, slot, context);
      frames.set(slot, tokens);
      previous = tokens;
    }
  } finally {
    runner.dispose();
  }
  return frames;
}

async function* drawKeyFrame(
  windows: DrawnWindows,
  index: number,
  tokens: Int32Array,
  previous: Int32Array | undefined,
  slot: number,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame> {
  const { grid } = context.manifest;
  const cells = grid * grid;
  const frame = {
    order: index,
    firstIndex: index * cells,
    tokens: [tokens],
    hintFrames: [previous ? [previous] : []],
  };
  for await (const drawnCells of drawFrame(windows, frame, context)) {
    if (drawnCells % grid !== 0) continue;
    const shown = tokens.slice();
    // Cells that are still to come show what the previous key frame has there.
    if (previous) shown.set(previous.subarray(drawnCells), drawnCells);
    yield { slot, round: 0, tokens: shown, drawnCells, greyRest: previous === undefined };
  }
}
