/** Draws both wanted frames of a batch's windows as masked cells, many at once in a few passes. */
import { MaskedRunner } from '../runtime/maskedRunner';
import { passDrawer } from '../runtime/passDrawer';
import { NOT_DRAWN } from '../sampling/maskedDrawing';
import { maskedRows, WANTED_SLOTS } from '../sampling/maskedVisibility';
import type { DrawnFrame, PipelineContext } from './context';
import { drawPasses } from './drawPasses';
import { finishedFrames, givenOfSequences } from './windowBatch';
import type { WindowBatch } from './windowBatch';

/** Yields frame 1 of all windows, then their frame 3, when all passes are done. */
export async function* interpolateInPasses(
  batch: WindowBatch,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame> {
  const { manifest, graphs, options, signal, passes } = context;
  const { streams, guidance } = batch;
  const cells = manifest.grid * manifest.grid;
  const rows = maskedRows(cells);
  const windows = batch.windows.length;
  const tokens = batch.windows.map(() => new Int32Array(rows).fill(NOT_DRAWN));
  // No boost of the text, as in training/transformer/masked_decoder.py.
  const sequences = { ...batch.sequences, textBoost: 0 };
  const runner = new MaskedRunner(graphs.interpolation, manifest, sequences);
  const drawer = passDrawer(runner, { windows, rows, guidance, sampling: options }, manifest);
  try {
    await context.breathe();
    signal.throwIfAborted();
    await runner.prefill(givenOfSequences(batch));
    const drawing = { drawer, tokens, streams, passes: passes.interpolation, firstIndex: 0 };
    // Of frames between nothing is shown before they are finished.
    for await (const drafts of drawPasses(drawing, context)) void drafts;
  } finally {
    drawer.dispose();
    runner.dispose();
  }
  for (const [frame, slot] of WANTED_SLOTS.entries()) {
    const own = tokens.map((both) => both.slice(frame * cells, (frame + 1) * cells));
    yield* finishedFrames(batch, slot, own);
  }
}
