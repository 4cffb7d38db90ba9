/** Draws masked cells pass by pass, with the job's clock and its cancel. */
import type { PassDrawer } from '../runtime/passDrawer';
import type { DrawHidden } from '../sampling/drawHidden';
import { drawMasked, NOT_DRAWN } from '../sampling/maskedDrawing';
import type { PipelineContext } from './context';

/** What is drawn together, and how. */
export interface MaskedCells {
  drawer: PassDrawer;
  /** Of each window, all NOT_DRAWN at first [rows]. */
  tokens: readonly Int32Array[];
  /** Key of each window's random stream. */
  streams: readonly number[];
  passes: number;
  /** As in `MaskedChoice`. */
  firstIndex: number;
}

/**
 * Fills the tokens and yields behind every pass the drafts [rows] of all windows. The last passes
 * keep most cells, but each takes as long as any other, so each counts as an equal share of them.
 *
 * @throws the signal's reason before a pass, when the job was cancelled.
 */
export async function* drawPasses(
  { drawer, tokens, streams, passes, firstIndex }: MaskedCells,
  { manifest, signal, meter, breathe }: PipelineContext,
): AsyncGenerator<Int32Array[]> {
  const { choiceNoise: noise = 0 } = manifest.sampling;
  const rows = tokens[0]!.length;
  // No pass is without a cell.
  const share = rows / Math.min(passes, rows);
  let started = 0;
  let counted = 0;
  const draw: DrawHidden = async (seen, hidden) => {
    await breathe();
    signal.throwIfAborted();
    started = performance.now();
    return drawer.draw(seen, hidden);
  };
  const choice = { passes, noise, firstIndex };
  for await (const pass of drawMasked(draw, tokens, streams, choice)) {
    const done = tokens[0]!.includes(NOT_DRAWN) ? Math.floor(share * pass.passes) : rows;
    meter.step(tokens.length, performance.now() - started, done - counted);
    counted = done;
    yield pass.drafts;
  }
}
