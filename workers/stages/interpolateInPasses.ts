/** Draws both wanted frames of a batch's windows as masked cells, many at once in a few passes. */
import { MaskedRunner } from '../runtime/maskedRunner';
import { mixedRows } from '../sampling/guidance';
import { drawMasked, NOT_DRAWN } from '../sampling/maskedDrawing';
import type { PredictCells } from '../sampling/maskedDrawing';
import { maskedRows, WANTED_SLOTS } from '../sampling/maskedVisibility';
import type { DrawnFrame, PipelineContext } from './context';
import { finishedFrames, givenOfSequences } from './windowBatch';
import type { WindowBatch } from './windowBatch';

/** Yields frame 1 of all windows, then their frame 3, when all passes are done. */
export async function* interpolateInPasses(
  batch: WindowBatch,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame> {
  const { manifest, graphs, signal } = context;
  const cells = manifest.grid * manifest.grid;
  const tokens = batch.windows.map(() => new Int32Array(maskedRows(cells)).fill(NOT_DRAWN));
  // No boost of the text, as in training/transformer/masked_decoder.py.
  const sequences = { ...batch.sequences, textBoost: 0 };
  const runner = new MaskedRunner(graphs.interpolation, manifest, sequences);
  try {
    await context.breathe();
    signal.throwIfAborted();
    await runner.prefill(givenOfSequences(batch));
    await drawPasses(runner, batch, tokens, context);
  } finally {
    runner.dispose();
  }
  for (const [frame, slot] of WANTED_SLOTS.entries()) {
    const own = tokens.map((both) => both.slice(frame * cells, (frame + 1) * cells));
    yield* finishedFrames(batch, slot, own);
  }
}

/**
 * Fills `tokens` of every window. The last passes keep most cells, but each takes as long as any
 * other, so each counts as an equal share of the cells.
 */
async function drawPasses(
  runner: MaskedRunner,
  batch: WindowBatch,
  tokens: readonly Int32Array[],
  context: PipelineContext,
): Promise<void> {
  const { manifest, options, signal, meter, passes } = context;
  const { choiceNoise = 0, guidanceFloor } = manifest.sampling;
  const rows = tokens[0]!.length;
  const shape = { windows: tokens.length, rows, codes: manifest.codes };
  // No pass is without a cell.
  const share = rows / Math.min(passes, rows);
  let started = 0;
  let counted = 0;
  const predict: PredictCells = async (seen) => {
    await context.breathe();
    signal.throwIfAborted();
    started = performance.now();
    const logits = await runner.predict(seen);
    return mixedRows(logits, shape, batch.guidance, guidanceFloor);
  };
  const { temperature, topK } = options;
  const sampling = { passes, noise: choiceNoise, temperature, topK };
  for await (const pass of drawMasked(predict, tokens, batch.streams, sampling)) {
    const finished = !tokens[0]!.includes(NOT_DRAWN);
    const done = finished ? rows : Math.floor(share * pass);
    meter.step(tokens.length, performance.now() - started, done - counted);
    counted = done;
  }
}
