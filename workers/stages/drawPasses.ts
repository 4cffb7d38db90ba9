/** Draws masked cells pass by pass, with the job's clock and its cancel. */
import { mixedRows } from '../sampling/guidance';
import { drawMasked, NOT_DRAWN } from '../sampling/maskedDrawing';
import type { MaskedSampling, PredictCells } from '../sampling/maskedDrawing';
import type { PipelineContext } from './context';

/** What is drawn together, and how. */
export interface MaskedCells {
  /** Runs all sequences: logits [branches * windows, rows, codes]. */
  predict: (tokens: readonly Int32Array[]) => Promise<Float32Array>;
  /** Of each window, all NOT_DRAWN at first [rows]. */
  tokens: readonly Int32Array[];
  /** Key of each window's random stream. */
  streams: readonly number[];
  guidance: number;
  passes: number;
  /** As in `MaskedSampling`. */
  firstIndex: number;
}

/**
 * Fills the tokens and yields behind every pass the drafts [rows] of all windows. The last passes
 * keep most cells, but each takes as long as any other, so each counts as an equal share of them.
 *
 * @throws the signal's reason before a pass, when the job was cancelled.
 */
export async function* drawPasses(
  { predict, tokens, streams, guidance, passes, firstIndex }: MaskedCells,
  { manifest, options, signal, meter, breathe }: PipelineContext,
): AsyncGenerator<Int32Array[]> {
  const { choiceNoise = 0, guidanceFloor } = manifest.sampling;
  const rows = tokens[0]!.length;
  const shape = { windows: tokens.length, rows, codes: manifest.codes };
  // No pass is without a cell.
  const share = rows / Math.min(passes, rows);
  let started = 0;
  let counted = 0;
  const mixed: PredictCells = async (seen) => {
    await breathe();
    signal.throwIfAborted();
    started = performance.now();
    return mixedRows(await predict(seen), shape, guidance, guidanceFloor);
  };
  const { temperature, topK } = options;
  const sampling: MaskedSampling = { passes, noise: choiceNoise, temperature, topK, firstIndex };
  for await (const pass of drawMasked(mixed, tokens, streams, sampling)) {
    const done = tokens[0]!.includes(NOT_DRAWN) ? Math.floor(share * pass.passes) : rows;
    meter.step(tokens.length, performance.now() - started, done - counted);
    counted = done;
    yield pass.drafts;
  }
}
