/** Draws a work step by step, with a clock. */
import { fillInputs } from '../../../workers/runtime/fillInputs';
import { samplerMemory } from '../../../workers/runtime/memoryDrawer';
import type { FrameToDraw } from '../../../workers/runtime/tokenDrawer';
import { mixGuidance } from '../../../workers/sampling/guidance';
import { sampleTopK } from '../../../workers/sampling/sampleTopK';
import type { MeasuredSteps, StepManifest, StepWork } from './stepTypes';

/** Logits of each sequence that are compared. */
export const PROBED = 8;

/** What draws: the app's TransformerRunner, or the peer's way of driving the same graph. */
export interface StepRunner {
  readonly ids: Int32Array;
  readonly hints: Int32Array;
  openingId(sequence: number, order: number): number;
  prefill(given: readonly (readonly Int32Array[])[]): Promise<void>;
  step(order: number, cell: number): Promise<Float32Array>;
  dispose(): void;
}

/** Draws at most `steps` cells of every window; the token that is sampled is not used. */
export async function drawWork(
  runner: StepRunner,
  manifest: StepManifest,
  work: StepWork,
  steps = Infinity,
): Promise<MeasuredSteps> {
  const given = givenFrames(work);
  const prefillMilliseconds = await prefillWork(runner, work, given);
  const stepMilliseconds: number[] = [];
  let logits = new Float32Array(0);
  const sample = sampler(manifest, work);
  for (const frame of framesOf(work, given)) {
    const cells = Math.min(manifest.grid ** 2, steps - stepMilliseconds.length);
    for (let cell = 0; cell < cells; cell++) {
      const before = performance.now();
      fillInputs(runner, frame, cell, { manifest });
      logits = Float32Array.from(await runner.step(frame.order, cell));
      sample(logits);
      stepMilliseconds.push(performance.now() - before);
    }
  }
  const rows = work.texts.map((_, row) => logits.slice(row * manifest.codes).slice(0, PROBED));
  return { prefillMilliseconds, stepMilliseconds, probe: rows.flatMap((row) => [...row]) };
}

/** Tokens [cells] of the given frames of each window. */
export function givenFrames({ given }: StepWork): Int32Array[][] {
  return given.map((frames) => frames.map((frame) => Int32Array.from(frame)));
}

/** Runs text and given frames; the milliseconds that it takes. */
export async function prefillWork(
  runner: Pick<StepRunner, 'prefill'>,
  { texts, drawn }: StepWork,
  given: Int32Array[][],
): Promise<number> {
  const branches = texts.length / drawn.length;
  const started = performance.now();
  await runner.prefill(Array.from({ length: branches }, () => given).flat());
  return performance.now() - started;
}

/** The drawn frames of a work with what they read, as the app's two stages do. */
export function framesOf({ stage, drawn }: StepWork, given: Int32Array[][]): FrameToDraw[] {
  const windows = drawn.map((frames) => frames.map((frame) => Int32Array.from(frame)));
  return drawn[0]!.map((_, index) => ({
    order: given[0]!.length + index,
    firstIndex: 0,
    tokens: windows.map((frames) => frames[index]!),
    hintFrames: windows.map((frames, window) =>
      stage === 'keyframes'
        ? frames.slice(Math.max(0, index - 1), index)
        : given[window]!.slice(index, index + 2),
    ),
    shown: false,
  }));
}

/** Guidance and drawing of one token for every window, as after each step of the app. */
export function sampler(manifest: StepManifest, work: StepWork): (logits: Float32Array) => void {
  const { temperature, topK, guidanceFloor } = manifest.sampling;
  const memory = samplerMemory(manifest.codes);
  const windows = work.drawn.length;
  return (logits) => {
    for (let window = 0; window < windows; window++) {
      const row = mixGuidance(logits, windows, window, work.guidance, memory.logits, guidanceFloor);
      sampleTopK(row, temperature, topK, 0.5, memory.scratch);
    }
  };
}
