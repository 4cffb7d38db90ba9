/** Drawing masked cells: the numbers of training/transformer/masked_drawing.py, and its rules. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { drawFrom, drawSure } from '../../../workers/sampling/drawHidden';
import {
  drawMasked,
  hiddenAfter,
  hiddenCells,
  hiddenShare,
  keepSurest,
  NOT_DRAWN,
  numbersTaken,
} from '../../../workers/sampling/maskedDrawing';
import type { MaskedSampling } from '../../../workers/sampling/maskedDrawing';
import { streamKey, uniform } from '../../../workers/sampling/randomStream';
import { sampleTopK } from '../../../workers/sampling/sampleTopK';

interface Drawing extends Omit<MaskedSampling, 'passes'> {
  passes: number;
  keys: number[];
  /** [cells][codes] */
  logits: number[][];
  /** [keys][cells] */
  tokens: number[][];
  /** One for each cell, from which `drawn` and `sureness` come. */
  numbers: number[];
  drawn: number[];
  sureness: number[];
}

const FIXTURE = new URL('../../fixtures/masked/golden.json', import.meta.url);
const { drawings } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as { drawings: Drawing[] };

const CELLS = 24;
const CODES = 10;
const SAMPLING: MaskedSampling = { passes: 6, noise: 0, temperature: 0.9, topK: 4 };

/** Seeded logits [codes] of a cell. */
function logitsOf(cell: number): Float64Array {
  return Float64Array.from({ length: CODES }, (_, code) => 4 * uniform(streamKey(3, cell), code));
}

/** What every pass left, of windows whose logits never change. */
async function draw(
  sampling: MaskedSampling,
  streams: readonly number[],
  cells = CELLS,
): Promise<{ passes: number[]; states: Int32Array[][]; drafts: Int32Array[][] }> {
  const tokens = streams.map(() => new Int32Array(cells).fill(NOT_DRAWN));
  const passes: number[] = [];
  const states: Int32Array[][] = [];
  const drafts: Int32Array[][] = [];
  const predict = () => Promise.resolve(() => logitsOf);
  const drawHidden = drawFrom(predict, CODES, sampling);
  for await (const pass of drawMasked(drawHidden, tokens, streams, sampling)) {
    passes.push(pass.passes);
    drafts.push(pass.drafts);
    states.push(tokens.map((own) => own.slice()));
  }
  return { passes, states, drafts };
}

const hidden = (tokens: Int32Array): number => tokens.filter((id) => id === NOT_DRAWN).length;

describe('the drawings of Python', () => {
  it.each(drawings)('are the same: $passes passes, temperature $temperature', async (golden) => {
    const rows = golden.logits.map((row) => Float64Array.from(row));
    const tokens = golden.keys.map(() => new Int32Array(rows.length).fill(NOT_DRAWN));
    const predict = () => Promise.resolve(() => (cell: number) => rows[cell]!);
    const drawHidden = drawFrom(predict, rows[0]!.length, golden);
    for await (const pass of drawMasked(drawHidden, tokens, golden.keys, golden)) void pass;
    expect(tokens.map((own) => [...own])).toEqual(golden.tokens);
  });

  it.each(drawings)('have the same sureness: top-k $topK', (golden) => {
    const { logits, numbers, temperature, topK } = golden;
    const found = logits.map((row, cell) =>
      drawSure(Float64Array.from(row), temperature, topK, numbers[cell]!),
    );
    expect(found.map(({ token }) => token)).toEqual(golden.drawn);
    found.forEach(({ sureness }, cell) => {
      expect(Math.abs(sureness - golden.sureness[cell]!)).toBeLessThan(1e-9);
    });
  });

  it('are there', () => {
    expect(drawings.length).toBeGreaterThan(1);
  });
});

describe('what stays hidden', () => {
  it('falls from all cells to none', () => {
    expect(hiddenShare(0)).toBe(1);
    expect(hiddenShare(0.5)).toBeCloseTo(Math.SQRT1_2, 12);
    expect(hiddenShare(1)).toBeCloseTo(0, 12);
    for (const passes of [1, 2, 8, 64]) {
      const left = Array.from({ length: passes }, (_, pass) => hiddenAfter(pass, passes, 288));
      expect(left.at(-1)).toBe(0);
      expect(left).toEqual([...left].sort((a, b) => b - a));
    }
  });

  it('is what Python counts', () => {
    const left = (passes: number, cells: number): number[] =>
      Array.from({ length: passes }, (_, pass) => hiddenAfter(pass, passes, cells));
    // A third of the way to the end is half of the cells, which no rounding may change.
    expect(left(3, 12)).toEqual([10, 6, 0]);
    expect(left(6, 288)).toEqual([278, 249, 203, 144, 74, 0]);
    expect(left(8, 288)).toEqual([282, 266, 239, 203, 160, 110, 56, 0]);
  });
});

describe('passes', () => {
  it('keep as many cells as planned, in every window, and never change a kept one', async () => {
    const { passes, states } = await draw({ ...SAMPLING, noise: 2 }, [1, 2, 3]);
    expect(passes).toEqual([1, 2, 3, 4, 5, 6]);
    states.forEach((windows, pass) => {
      for (const [window, tokens] of windows.entries()) {
        expect(hidden(tokens)).toBe(hiddenAfter(pass, SAMPLING.passes, CELLS));
        const before = states[pass - 1]?.[window];
        before?.forEach((id, cell) => {
          if (id !== NOT_DRAWN) expect(tokens[cell]).toBe(id);
        });
      }
    });
  });

  it('keep at least one cell each and end when all are drawn', async () => {
    const { passes, states } = await draw({ ...SAMPLING, passes: 64 }, [1], 5);
    expect(passes).toEqual([1, 2, 3, 4, 5]);
    expect(states.map(([tokens]) => hidden(tokens!))).toEqual([4, 3, 2, 1, 0]);
  });

  it('keep the surest cells, of equally sure ones the first', () => {
    const tokens = new Int32Array(6).fill(NOT_DRAWN);
    // Cells 1 and 4 are sure, the others are all alike.
    const sureness = (cell: number): number => (cell === 4 ? -1 : cell === 1 ? -2 : -8);
    const choice = { passes: 3, noise: 0 };
    const keep = (pass: number): void => {
      const drawn = hiddenCells(tokens, pass, 7, choice).map(({ cell }) => ({
        cell,
        token: 0,
        sureness: sureness(cell),
      }));
      keepSurest(tokens, drawn, pass, 7, choice);
    };
    const kept = (): number[] => [...tokens.keys()].filter((cell) => tokens[cell] === 0);
    keep(0);
    expect(kept()).toEqual([4]);
    keep(1);
    expect(kept()).toEqual([0, 1, 4]);
    keep(2);
    expect(kept()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('leave drafts: what is kept, and what was drawn of the cells that stay hidden', async () => {
    const { states, drafts } = await draw(SAMPLING, [1, 2]);
    drafts.forEach((windows, pass) => {
      windows.forEach((draft, window) => {
        const kept = states[pass]![window]!;
        const before = states[pass - 1]?.[window];
        draft.forEach((id, cell) => {
          if (kept[cell] !== NOT_DRAWN) expect(id).toBe(kept[cell]);
          const u = uniform(window + 1, pass * CELLS + cell);
          const drawn = drawSure(logitsOf(cell), SAMPLING.temperature, SAMPLING.topK, u).token;
          if ((before?.[cell] ?? NOT_DRAWN) === NOT_DRAWN) expect(id).toBe(drawn);
        });
      });
    });
    expect(drafts.at(-1)).toEqual(states.at(-1));
  });

  it('of a later frame take the numbers behind those of the frames before', async () => {
    const noisy = { ...SAMPLING, noise: 2 };
    const first = numbersTaken(noisy.passes, CELLS);
    expect(first).toBe(2 * noisy.passes * CELLS);
    const later = (await draw({ ...noisy, firstIndex: 3 * first }, [1])).states;
    expect(later).not.toEqual((await draw(noisy, [1])).states);
    // A pass by hand, of cells that are drawn and kept by the specification's numbers.
    const u = (index: number): number => uniform(1, 3 * first + index);
    const scores = Array.from({ length: CELLS }, (_, cell) => {
      const { temperature, topK, passes, noise } = noisy;
      const { token, sureness } = drawSure(logitsOf(cell), temperature, topK, u(cell));
      const gumbel = -Math.log(-Math.log(u(passes * CELLS + cell) + 2 ** -33));
      return { cell, token, score: sureness + noise * (1 - 1 / passes) * gumbel };
    }).sort((a, b) => b.score - a.score);
    const wanted = new Int32Array(CELLS).fill(NOT_DRAWN);
    const kept = CELLS - hiddenAfter(0, noisy.passes, CELLS);
    for (const { cell, token } of scores.slice(0, kept)) wanted[cell] = token;
    expect(later[0]![0]).toEqual(wanted);
  });

  it('keep other cells with noise, by the stream of the window alone', async () => {
    const first = async (noise: number, streams: number[]): Promise<number[][]> =>
      (await draw({ ...SAMPLING, noise, temperature: 0 }, streams)).states[1]!.map((own) => [
        ...own,
      ]);
    const [plain] = await first(0, [1]);
    const [one, two] = await first(3, [1, 2]);
    expect(one).not.toEqual(plain);
    expect(one).not.toEqual(two);
    expect((await first(3, [2]))[0]).toEqual(two);
    expect((await first(0, [2]))[0]).toEqual(plain);
  });
});

describe('a drawn token', () => {
  it('is the one that sampleTopK draws, with the logarithm of its share', () => {
    for (let cell = 0; cell < 200; cell++) {
      const logits = logitsOf(cell);
      const u = uniform(9, cell);
      const { token, sureness } = drawSure(logits, 0.7, 4, u);
      expect(token).toBe(sampleTopK(logits, 0.7, 4, u));
      const best = [...logits].sort((a, b) => b - a).slice(0, 4);
      const share = Math.exp(logits[token]!) / best.reduce((sum, x) => sum + Math.exp(x), 0);
      expect(sureness).toBeCloseTo(Math.log(share), 9);
    }
  });

  it('is never one that guidance has left out, and not drawn from what is no number', () => {
    const logits = Float64Array.of(-Infinity, 1, -Infinity, 0);
    for (let index = 0; index < 50; index++) {
      const { token, sureness } = drawSure(logits, 1, 0, uniform(4, index));
      expect([1, 3]).toContain(token);
      expect(Number.isFinite(sureness)).toBe(true);
    }
    expect(() => drawSure(Float64Array.of(1, NaN), 1, 0, 0.5)).toThrow(/not numbers/);
    expect(() => drawSure(Float64Array.of(Infinity, 1), 1, 0, 0.5)).toThrow(/not numbers/);
  });
});
