/** Draws the hidden cells of a pass, and says how sure the model is of each. */
import { drawRank, keptCodes, samplerScratch, selectBest } from './sampleTopK';
import type { SamplerScratch } from './sampleTopK';
import type { CodeSampling } from './codeSampler';

export interface SureToken {
  token: number;
  /** Logarithm of the token's share among the top-k codes, at temperature 1. */
  sureness: number;
}

/** A cell that a pass draws. */
export interface HiddenCell {
  cell: number;
  /** What it is drawn with, in [0, 1). */
  u: number;
}

export interface DrawnCell extends SureToken {
  cell: number;
}

/**
 * Predicts all windows from their tokens [cells], NOT_DRAWN where hidden, and draws hidden cells of
 * each. Those drawn come in the order of the hidden ones.
 */
export type DrawHidden = (
  tokens: readonly Int32Array[],
  hidden: readonly (readonly HiddenCell[])[],
) => Promise<DrawnCell[][]>;

/** Logits [codes] of a cell; the array is used again by the next call. */
export type CellLogits = (cell: number) => Float64Array;

/** Predicts all windows from their tokens [cells], NOT_DRAWN where hidden. */
export type PredictCells = (
  tokens: readonly Int32Array[],
) => Promise<(window: number) => CellLogits>;

/** Draws from logits in main memory. */
export function drawFrom(
  predict: PredictCells,
  codes: number,
  { temperature, topK }: CodeSampling,
): DrawHidden {
  const scratch = samplerScratch(codes);
  return async (tokens, hidden) => {
    const logits = await predict(tokens);
    return hidden.map((cells, window) => {
      const ofCell = logits(window);
      return cells.map(({ cell, u }) => ({
        cell,
        ...drawSure(ofCell(cell), temperature, topK, u, scratch),
      }));
    });
  };
}

/** Draws one id as `sampleTopK` does, and says how sure the model is of it. */
export function drawSure(
  logits: Float64Array,
  temperature: number,
  topK: number,
  u: number,
  scratch: SamplerScratch = samplerScratch(logits.length),
): SureToken {
  const { ids } = scratch;
  const kept = keptCodes(topK, logits.length);
  selectBest(logits, kept, ids);
  const rank = temperature <= 0 ? 0 : drawRank(logits, kept, temperature, u, scratch);
  const best = logits[ids[0]!]!;
  let sum = 0;
  for (let other = 0; other < kept; other++) sum += Math.exp(logits[ids[other]!]! - best);
  const token = ids[rank]!;
  return { token, sureness: logits[token]! - best - Math.log(sum) };
}
