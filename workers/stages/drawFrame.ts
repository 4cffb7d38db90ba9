/** Draws one frame of every window of a batch, cell by cell. */
import type { ModelManifest } from '../../src/shared/manifest';
import { codeSampler } from '../sampling/codeSampler';
import type { CodeSampling } from '../sampling/codeSampler';
import { mixGuidance } from '../sampling/guidance';
import { uniform } from '../sampling/randomStream';
import type { SamplerScratch } from '../sampling/sampleTopK';
import { samplerScratch } from '../sampling/sampleTopK';
import type { TransformerRunner } from '../runtime/transformerRunner';
import type { PipelineContext } from './context';

/** The windows that are drawn together. */
export interface DrawnWindows {
  runner: TransformerRunner;
  /** Key of each window's random stream. */
  streams: readonly number[];
  guidance: number;
  memory: SamplerMemory;
  /** Absent: as the job's options say. */
  sampling?: CodeSampling;
}

interface SamplerMemory {
  scratch: SamplerScratch;
  logits: Float64Array;
}

export function samplerMemory(codes: number): SamplerMemory {
  return { scratch: samplerScratch(codes), logits: new Float64Array(codes) };
}

/** One frame in every window. */
export interface FrameToDraw {
  /** How many frames of the window came before. */
  order: number;
  /** Index of the frame's first uniform number in each window's stream. */
  firstIndex: number;
  /** Tokens [cells] of each window, filled here. */
  tokens: readonly Int32Array[];
  /** Up to two frames whose token of the same cell is the cell's hint, by window. */
  hintFrames: readonly (readonly Int32Array[])[];
}

/**
 * Fills `frame.tokens`. Yields the number of finished cells after every cell. All guidance
 * branches of a window get the same tokens; branch b of window w is sequence b * windows + w.
 *
 * @throws the signal's reason before a step, when the job was cancelled.
 */
export async function* drawFrame(
  windows: DrawnWindows,
  frame: FrameToDraw,
  context: PipelineContext,
): AsyncGenerator<number> {
  const { runner, streams, guidance, memory } = windows;
  const { manifest, options, clusters, signal, meter } = context;
  const draw = codeSampler(windows.sampling ?? options, manifest, clusters, memory.scratch);
  const floor = manifest.sampling.guidanceFloor;
  const cells = manifest.grid * manifest.grid;
  for (let cell = 0; cell < cells; cell++) {
    await context.breathe();
    signal.throwIfAborted();
    const started = performance.now();
    fillInputs(runner, frame, cell, context);
    const logits = await runner.step(frame.order, cell);
    streams.forEach((stream, window) => {
      const row = mixGuidance(logits, streams.length, window, guidance, memory.logits, floor);
      const u = uniform(stream, frame.firstIndex + cell);
      frame.tokens[window]![cell] = draw(row, u);
    });
    meter.step(streams.length, performance.now() - started);
    yield cell + 1;
  }
}

/** Ids and hints of one cell, from the tokens before it. */
export function fillInputs(
  runner: Pick<TransformerRunner, 'ids' | 'hints' | 'openingId'>,
  frame: FrameToDraw,
  cell: number,
  { manifest }: { manifest: Pick<ModelManifest, 'ids'> },
): void {
  const { nullHint } = manifest.ids;
  const windows = frame.tokens.length;
  for (let sequence = 0; sequence < runner.ids.length; sequence++) {
    const window = sequence % windows;
    runner.ids[sequence] =
      cell === 0 ? runner.openingId(sequence, frame.order) : frame.tokens[window]![cell - 1]!;
    const hints = frame.hintFrames[window]!;
    runner.hints[2 * sequence] = hints[0]?.[cell] ?? nullHint;
    runner.hints[2 * sequence + 1] = hints[1]?.[cell] ?? nullHint;
  }
}
