/**
 * Draws cells in a few passes, many at once: those of an interpolation window's wanted frames, or of
 * one key frame. The twin of training/transformer/masked_drawing.py, which states the order of cells
 * and random numbers.
 */
import { uniform } from './randomStream';
import { drawRank, keptCodes, samplerScratch, selectBest } from './sampleTopK';
import type { SamplerScratch } from './sampleTopK';

/** In the place of a token: a masked cell. */
export const NOT_DRAWN = -1;

/** How masked cells are drawn. */
export interface MaskedSampling {
  /** From 1. */
  passes: number;
  /** How much chance has a say in which cells are kept; 0: the surest are. */
  noise: number;
  /** 0 takes the best code. */
  temperature: number;
  /** 0 keeps all. */
  topK: number;
  /** Index of the first number of each stream that may be used; absent: 0. A pass takes two for
   *  every cell, whether it is hidden or not. */
  firstIndex?: number;
}

/** What a pass leaves. */
export interface DrawnPass {
  /** Passes so far. */
  passes: number;
  /** Of each window: its tokens, and in the place of hidden ones what the pass predicted [cells]. */
  drafts: Int32Array[];
}

/** Logits [codes] of a cell; the array is used again by the next call. */
export type CellLogits = (cell: number) => Float64Array;

/** Predicts all windows from their tokens [cells], NOT_DRAWN where hidden. */
export type PredictCells = (
  tokens: readonly Int32Array[],
) => Promise<(window: number) => CellLogits>;

export interface SureToken {
  token: number;
  /** Logarithm of the token's share among the top-k codes, at temperature 1. */
  sureness: number;
}

/** How many random numbers of its stream a drawing may take. */
export function numbersTaken(passes: number, cells: number): number {
  return 2 * passes * cells;
}

/**
 * Fills `tokens` [cells] of every window, in which all cells are hidden at first, and yields behind
 * every pass. Ends early when more passes are wanted than there are cells.
 *
 * @param streams key of each window's random stream.
 */
export async function* drawMasked(
  predict: PredictCells,
  tokens: readonly Int32Array[],
  streams: readonly number[],
  sampling: MaskedSampling,
): AsyncGenerator<DrawnPass> {
  let scratch: SamplerScratch | undefined;
  for (let pass = 0; pass < sampling.passes; pass++) {
    // Every window has as many hidden cells as any other.
    if (!tokens[0]?.includes(NOT_DRAWN)) return;
    const logits = await predict(tokens);
    const drafts = tokens.map((own, window) => {
      const ofCell = logits(window);
      scratch ??= samplerScratch(ofCell(0).length);
      return keepSurest(own, ofCell, pass, streams[window]!, sampling, scratch);
    });
    yield { passes: pass + 1, drafts };
  }
}

/**
 * One pass over a window: draws its hidden cells and keeps the surest of them in `tokens`.
 *
 * @returns the tokens with all that was drawn [cells].
 */
export function keepSurest(
  tokens: Int32Array,
  logits: CellLogits,
  pass: number,
  stream: number,
  { passes, noise, temperature, topK, firstIndex = 0 }: MaskedSampling,
  scratch: SamplerScratch,
): Int32Array {
  const cells = tokens.length;
  const number = (ofPass: number, cell: number): number =>
    uniform(stream, firstIndex + ofPass * cells + cell);
  const share = noise * (1 - (pass + 1) / passes);
  const draft = tokens.slice();
  const drawn: { cell: number; token: number; score: number }[] = [];
  for (let cell = 0; cell < cells; cell++) {
    if (tokens[cell] !== NOT_DRAWN) continue;
    const u = number(pass, cell);
    const { token, sureness } = drawSure(logits(cell), temperature, topK, u, scratch);
    const chance = share > 0 ? share * gumbel(number(passes + pass, cell)) : 0;
    draft[cell] = token;
    drawn.push({ cell, token, score: sureness + chance });
  }
  // Cells of equal scores stay in order, as sorting is stable.
  drawn.sort((one, other) => other.score - one.score);
  const kept = Math.max(1, drawn.length - hiddenAfter(pass, passes, cells));
  for (const { cell, token } of drawn.slice(0, kept)) tokens[cell] = token;
  return draft;
}

/** The share of the cells that are not drawn when the share `done` (0..1) of the passes is. */
export function hiddenShare(done: number): number {
  return Math.cos((Math.PI / 2) * done);
}

/** How many of `cells` are still hidden after pass `pass` (from 0) of `passes`. */
export function hiddenAfter(pass: number, passes: number, cells: number): number {
  return pass + 1 >= passes ? 0 : Math.floor(hiddenShare((pass + 1) / passes) * cells);
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

/** Of a uniform number in [0, 1): Gumbel's distribution. */
function gumbel(u: number): number {
  return -Math.log(-Math.log(u + 2 ** -33));
}
