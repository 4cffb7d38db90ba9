/** Draws a work of masked cells pass by pass, with a clock. */
import { memoryPassDrawer } from '../../../workers/runtime/passDrawer';
import {
  hiddenAfter,
  hiddenCells,
  keepSurest,
  NOT_DRAWN,
} from '../../../workers/sampling/maskedDrawing';
import { givenFrames, prefillWork, PROBED } from './drawWork';
import type { WorkRunner } from './passRunner';
import type { MeasuredSteps, StepManifest, StepWork } from './stepTypes';

/** At most `steps` passes; they see given tokens, what they keep is not used. */
export async function drawPasses(
  runner: WorkRunner,
  manifest: StepManifest,
  work: StepWork,
  steps = Infinity,
): Promise<MeasuredSteps> {
  const { passes = 1, guidance } = work;
  const { choiceNoise: noise = 0 } = manifest.sampling;
  const choice = { passes, noise };
  const windows = work.drawn.map((frames) => Int32Array.from(frames.flat()));
  const rows = windows[0]!.length;
  let logits = new Float32Array(0);
  const predict = async (tokens: readonly Int32Array[]): Promise<Float32Array> =>
    (logits = Float32Array.from(await runner.predict(tokens)));
  const { draw } = memoryPassDrawer(
    { predict },
    { windows: windows.length, rows, guidance, sampling: manifest.sampling },
    manifest,
  );
  const prefillMilliseconds = await prefillWork(runner, work, givenFrames(work));
  const stepMilliseconds: number[] = [];
  for (let pass = 0; pass < Math.min(passes, steps); pass++) {
    const known = pass === 0 ? 0 : rows - hiddenAfter(pass - 1, passes, rows);
    const seen = windows.map((tokens) => tokens.slice().fill(NOT_DRAWN, known));
    const before = performance.now();
    const hidden = seen.map((own, window) => hiddenCells(own, pass, window, choice));
    const drawn = await draw(seen, hidden);
    seen.forEach((own, window) => keepSurest(own, drawn[window]!, pass, window, choice));
    stepMilliseconds.push(performance.now() - before);
  }
  const firstRows = work.texts.map((_, sequence) => sequence * rows * manifest.codes);
  const probe = firstRows.flatMap((start) => [...logits.subarray(start, start + PROBED)]);
  return { prefillMilliseconds, stepMilliseconds, probe };
}
