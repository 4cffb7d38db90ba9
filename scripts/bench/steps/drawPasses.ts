/** Draws a work of masked cells pass by pass, with a clock. */
import { samplerMemory } from '../../../workers/runtime/memoryDrawer';
import { mixedRows } from '../../../workers/sampling/guidance';
import { hiddenAfter, keepSurest, NOT_DRAWN } from '../../../workers/sampling/maskedDrawing';
import { givenFrames, prefillWork, PROBED } from './drawWork';
import type { PassRunner } from './passRunner';
import type { MeasuredSteps, StepManifest, StepWork } from './stepTypes';

/** At most `steps` passes; they see given tokens, what they keep is not used. */
export async function drawPasses(
  runner: PassRunner,
  manifest: StepManifest,
  work: StepWork,
  steps = Infinity,
): Promise<MeasuredSteps> {
  const { passes = 1, guidance } = work;
  const { temperature, topK, choiceNoise: noise = 0, guidanceFloor } = manifest.sampling;
  const sampling = { passes, noise, temperature, topK };
  const { scratch } = samplerMemory(manifest.codes);
  const windows = work.drawn.map((frames) => Int32Array.from(frames.flat()));
  const rows = windows[0]!.length;
  const shape = { windows: windows.length, rows, codes: manifest.codes };
  const prefillMilliseconds = await prefillWork(runner, work, givenFrames(work));
  const stepMilliseconds: number[] = [];
  let logits = new Float32Array(0);
  for (let pass = 0; pass < Math.min(passes, steps); pass++) {
    const known = pass === 0 ? 0 : rows - hiddenAfter(pass - 1, passes, rows);
    const seen = windows.map((tokens) => tokens.slice().fill(NOT_DRAWN, known));
    const before = performance.now();
    logits = Float32Array.from(await runner.predict(seen));
    const mixed = mixedRows(logits, shape, guidance, guidanceFloor);
    seen.forEach((own, window) => {
      keepSurest(own, mixed(window), pass, window, sampling, scratch);
    });
    stepMilliseconds.push(performance.now() - before);
  }
  const firstRows = work.texts.map((_, sequence) => sequence * rows * manifest.codes);
  const probe = firstRows.flatMap((start) => [...logits.subarray(start, start + PROBED)]);
  return { prefillMilliseconds, stepMilliseconds, probe };
}
