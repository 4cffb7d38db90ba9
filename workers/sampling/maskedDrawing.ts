/**
 * Draws cells in a few passes, many at once: those of an interpolation window's wanted frames, or of
 * one key frame. The twin of training/transformer/masked_drawing.py, which states the order of cells
 * and random numbers.
 */
import type { CodeSampling } from './codeSampler';
import type { DrawHidden, DrawnCell, HiddenCell } from './drawHidden';
import { uniform } from './randomStream';

/** In the place of a token: a masked cell. */
export const NOT_DRAWN = -1;

/** In how many passes masked cells are drawn, and which of them each pass keeps. */
export interface MaskedChoice {
  /** From 1. */
  passes: number;
  /** How much chance has a say in which cells are kept; 0: the surest are. */
  noise: number;
  /** Index of the first number of each stream that may be used; absent: 0. A pass takes two for
   *  every cell, whether it is hidden or not. */
  firstIndex?: number;
}

/** How masked cells are drawn. */
export type MaskedSampling = MaskedChoice & CodeSampling;

/** What a pass leaves. */
export interface DrawnPass {
  /** Passes so far. */
  passes: number;
  /** Of each window: its tokens, and in the place of hidden ones what the pass predicted [cells]. */
  drafts: Int32Array[];
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
  draw: DrawHidden,
  tokens: readonly Int32Array[],
  streams: readonly number[],
  choice: MaskedChoice,
): AsyncGenerator<DrawnPass> {
  for (let pass = 0; pass < choice.passes; pass++) {
    // Every window has as many hidden cells as any other.
    if (!tokens[0]?.includes(NOT_DRAWN)) return;
    const hidden = tokens.map((own, window) => hiddenCells(own, pass, streams[window]!, choice));
    const drawn = await draw(tokens, hidden);
    const drafts = tokens.map((own, window) =>
      keepSurest(own, drawn[window]!, pass, streams[window]!, choice),
    );
    yield { passes: pass + 1, drafts };
  }
}

/** The cells of a window that a pass draws, in order. */
export function hiddenCells(
  tokens: Int32Array,
  pass: number,
  stream: number,
  { firstIndex = 0 }: MaskedChoice,
): HiddenCell[] {
  const first = firstIndex + pass * tokens.length;
  const hidden: HiddenCell[] = [];
  tokens.forEach((token, cell) => {
    if (token === NOT_DRAWN) hidden.push({ cell, u: uniform(stream, first + cell) });
  });
  return hidden;
}

/**
 * Keeps the surest of the cells that a pass drew in the `tokens` of their window.
 *
 * @param drawn in the order of the cells.
 * @returns the tokens with all that was drawn [cells].
 */
export function keepSurest(
  tokens: Int32Array,
  drawn: readonly DrawnCell[],
  pass: number,
  stream: number,
  { passes, noise, firstIndex = 0 }: MaskedChoice,
): Int32Array {
  const cells = tokens.length;
  const first = firstIndex + (passes + pass) * cells;
  const share = noise * (1 - (pass + 1) / passes);
  const draft = tokens.slice();
  const scored = drawn.map(({ cell, token, sureness }) => {
    draft[cell] = token;
    const chance = share > 0 ? share * gumbel(uniform(stream, first + cell)) : 0;
    return { cell, token, score: sureness + chance };
  });
  // Cells of equal scores stay in order, as sorting is stable.
  scored.sort((one, other) => other.score - one.score);
  const kept = Math.max(1, scored.length - hiddenAfter(pass, passes, cells));
  for (const { cell, token } of scored.slice(0, kept)) tokens[cell] = token;
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

/** Of a uniform number in [0, 1): Gumbel's distribution. */
function gumbel(u: number): number {
  return -Math.log(-Math.log(u + 2 ** -33));
}
