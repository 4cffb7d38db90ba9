/** The parallel order of drawing, against the biases by which cells see each other. */
import { describe, expect, it } from 'vitest';
import type { TemporalWindow } from '../../../src/shared/manifest';
import { streamKey, uniform } from '../../../workers/sampling/randomStream';
import { GIVEN_FRAMES, WINDOW_FRAMES } from '../../../workers/sampling/schedule';
import {
  fillStepBiases,
  patternLayouts,
  spatialCapacity,
  temporalCapacity,
  temporalSlot,
} from '../../../workers/sampling/visibility';
import type { RegionLayout } from '../../../workers/sampling/visibility';
import { IDLE, wavefrontSchedule, wavesOf } from '../../../workers/sampling/wavefront';
import type { Wave, WindowFrames } from '../../../workers/sampling/wavefront';
import { waveBiases } from '../../../workers/sampling/waveVisibility';

const TEXT = { slots: 3, lengths: [2], boost: 0 };
const STAGE_1 = { given: 0, frames: WINDOW_FRAMES };
const STAGE_2 = { given: GIVEN_FRAMES, frames: WINDOW_FRAMES };

type Drawn = (order: number, cell: number) => boolean;

/** Cells that the biases of a step of one frame let the cell see, as "order cell". */
function seenCells(layouts: readonly RegionLayout[], order: number, cell: number): string[] {
  const cells = layouts[0]!.region.length;
  const spatial = new Float32Array(spatialCapacity(TEXT.slots, cells) + 1);
  const width = temporalCapacity(TEXT.slots, layouts) + 1;
  const temporal = new Float32Array(layouts.length * width);
  fillStepBiases(spatial, temporal, TEXT, layouts, order, cell);
  const seen: string[] = [];
  for (let other = 0; other < cells; other++) {
    if (spatial[TEXT.slots + other] === 0) seen.push(`${order} ${other}`);
    layouts.forEach((layout, pattern) => {
      // A step reads the cache of its own region alone.
      if (layout.region[other] !== layout.region[cell]) return;
      for (let before = 0; before < WINDOW_FRAMES; before++) {
        const slot = temporalSlot(TEXT.slots, layout, before, other);
        if (temporal[pattern * width + slot] === 0) seen.push(`${before} ${other}`);
      }
    });
  }
  return seen;
}

/** Cells that the biases of a wave let a row see, in the same form; other rows of the wave as "row". */
function seenInWave(
  layouts: readonly RegionLayout[],
  window: WindowFrames,
  wave: Wave,
  row: number,
): string[] {
  const cells = layouts[0]!.region.length;
  const rows = wave.length;
  const { spatial, temporal } = waveBiases(TEXT, layouts, cells, window, wave);
  const parts = [{ bias: spatial, first: window.given, at: row * (spatial.length / rows) }];
  const width = temporal.length / (layouts.length * rows);
  layouts.forEach((_, pattern) => {
    parts.push({ bias: temporal, first: 0, at: (pattern * rows + row) * width });
  });
  return parts.flatMap(({ bias, first, at }) => {
    const columns = at + TEXT.slots;
    const frames = window.frames - first;
    const own = columns + frames * cells;
    expect([...bias.subarray(at, columns)]).toEqual([0, 0, -10000]);
    const others = Array.from({ length: rows }, (_, other) => other).filter(
      (other) => bias[own + other] === 0,
    );
    expect(others).toEqual([row]);
    return Array.from({ length: frames * cells }, (_, place) => place)
      .filter((place) => bias[columns + place] === 0)
      .map((place) => `${first + Math.floor(place / cells)} ${place % cells}`);
  });
}

/** Runs a schedule and names every cell that reads one that is not drawn. */
function unreadable(layouts: readonly RegionLayout[], window: WindowFrames): string[] {
  const { given, frames } = window;
  const cells = layouts[0]!.region.length;
  const done = new Set<string>();
  for (let order = 0; order < given; order++)
    for (let cell = 0; cell < cells; cell++) done.add(`${order} ${cell}`);
  const wrong: string[] = [];
  for (const wave of wavesOf(layouts, window)) {
    for (const [row, cell] of wave.entries()) {
      if (cell === IDLE) continue;
      const missing = seenInWave(layouts, window, wave, row).filter((seen) => !done.has(seen));
      wrong.push(...missing.map((seen) => `${given + row} ${cell} reads ${seen}`));
    }
    for (const [row, cell] of wave.entries()) {
      if (cell !== IDLE) done.add(`${given + row} ${cell}`);
    }
  }
  expect(done.size).toBe(frames * cells);
  return wrong;
}

/** Grids and windows of any size, shifted or not, one to three patterns. */
function randomModel(key: number): { grid: number; windows: TemporalWindow[] } {
  let index = 0;
  const below = (limit: number): number => Math.floor(uniform(key, index++) * limit);
  const grid = 2 + below(6);
  const windows = Array.from({ length: below(4) }, () => {
    const [height, width] = [1 + below(grid), 1 + below(grid)];
    return { height, width, shift: below(Math.min(height, width)) };
  });
  return { grid, windows };
}

describe('a wavefront', () => {
  it('never reads a cell that is not drawn, whatever the windows', () => {
    for (let trial = 0; trial < 60; trial++) {
      const { grid, windows } = randomModel(streamKey(5, trial));
      const layouts = patternLayouts(grid, windows);
      const lag = Math.floor(trial / 2) % (grid * grid + 1);
      const frames = { ...(trial % 2 === 0 ? STAGE_1 : STAGE_2), lag };
      expect(unreadable(layouts, frames), JSON.stringify({ grid, windows, lag })).toEqual([]);
    }
  });

  it('lets a cell see what it sees when it is drawn by itself', () => {
    for (let trial = 0; trial < 12; trial++) {
      const { grid, windows } = randomModel(streamKey(7, trial));
      const layouts = patternLayouts(grid, windows);
      const window = trial % 2 === 0 ? STAGE_1 : STAGE_2;
      for (const wave of wavesOf(layouts, window)) {
        for (const [row, cell] of wave.entries()) {
          const seen = new Set(cell === IDLE ? [] : seenInWave(layouts, window, wave, row));
          const alone = cell === IDLE ? [] : seenCells(layouts, window.given + row, cell);
          expect(seen).toEqual(new Set(alone));
        }
      }
    }
  });

  it('with a lag hides what a frame before has so far ahead, and nothing else', () => {
    const grid = 4;
    const layouts = patternLayouts(grid, [{ height: 4, width: 2, shift: 0 }]);
    const window = { ...STAGE_1, lag: 3 };
    const whole = (order: number, cell: number): string[] => seenCells(layouts, order, cell);
    for (const wave of wavesOf(layouts, window)) {
      for (const [order, cell] of wave.entries()) {
        if (cell === IDLE) continue;
        const expected = whole(order, cell).filter((seen) => {
          const [before, other] = seen.split(' ').map(Number);
          return other! < cell + (order - before!) * 3 || before === order;
        });
        const seen = seenInWave(layouts, window, wave, order);
        expect(new Set(seen)).toEqual(new Set(expected));
      }
    }
  });

  it('draws every cell once, those of a frame in order, at most one in a step', () => {
    const layouts = patternLayouts(6, [{ height: 2, width: 3, shift: 1 }]);
    const schedule = wavefrontSchedule(layouts, STAGE_1);
    for (let order = 0; order < WINDOW_FRAMES; order++) {
      const own = schedule.map((step) => step.filter((cell) => cell.order === order));
      expect(Math.max(...own.map(({ length }) => length))).toBe(1);
      expect(own.flat().map(({ cell }) => cell)).toEqual(Array.from({ length: 36 }, (_, i) => i));
    }
  });

  it('is as short as can be: no cell waits longer than for something that it reads', () => {
    for (let trial = 0; trial < 20; trial++) {
      const { grid, windows } = randomModel(streamKey(6, trial));
      const layouts = patternLayouts(grid, windows);
      const schedule = wavefrontSchedule(layouts, STAGE_2);
      const drawnAt = new Map<string, number>(
        schedule.flatMap((step, at) =>
          step.map(({ order, cell }) => [`${order} ${cell}`, at] as const),
        ),
      );
      for (const [at, step] of schedule.entries()) {
        for (const { order, cell } of step) {
          const reads = seenCells(layouts, order, cell).map((seen) => drawnAt.get(seen) ?? -1);
          expect(Math.max(-1, ...reads)).toBe(at - 1);
        }
      }
    }
  });

  it('that reads too far ahead is found by the check', () => {
    // The schedule of small windows does not fit a model with large ones.
    const small = patternLayouts(4, [{ height: 1, width: 1, shift: 0 }]);
    const large = patternLayouts(4, []);
    const early = wavefrontSchedule(small, STAGE_2)[1]!.find(({ order }) => order === 4)!;
    const isDrawn: Drawn = (order, cell) => order < 3 || (order === 3 && cell < 1);
    const seen = seenCells(large, early.order, early.cell).map((text) => text.split(' '));
    expect(seen.some(([order, cell]) => !isDrawn(Number(order), Number(cell)))).toBe(true);
  });
});

describe('steps of a window', () => {
  const steps = (grid: number, windows: TemporalWindow[], frames: WindowFrames): number =>
    wavefrontSchedule(patternLayouts(grid, windows), frames).length;
  const window = (height: number, width: number, shift = 0) => ({ height, width, shift });

  it("CogVideo's interpolation takes 590 instead of 800, its key frames all 2000", () => {
    const windows = [window(10, 10), window(10, 10, 5)];
    expect(steps(20, windows, STAGE_2)).toBe(590);
    expect(steps(20, [], STAGE_1)).toBe(2000);
  });

  it('a window as high as the frame makes the next frame wait for the last row', () => {
    const ours = [window(4, 4), window(2, 12), window(12, 2)];
    // The first cell waits for row 11, column 1: 134 cells of the frame before.
    expect(steps(12, ours, STAGE_1)).toBe(144 + 4 * 134);
    expect(steps(12, ours, STAGE_2)).toBe(144 + 134);
  });

  it('a lag makes each frame wait for so many cells, whatever the windows', () => {
    const ours = [window(4, 4), window(2, 12), window(12, 2)];
    expect(steps(12, ours, { ...STAGE_1, lag: 36 })).toBe(144 + 4 * 36);
    expect(steps(12, ours, { ...STAGE_1, lag: 28 })).toBe(144 + 4 * 28);
    expect(steps(12, ours, { ...STAGE_1, lag: 144 })).toBe(5 * 144);
    expect(steps(12, ours, { ...STAGE_1, lag: 1 })).toBe(144 + 4);
    expect(steps(20, [], { ...STAGE_1, lag: 60 })).toBe(400 + 4 * 60);
  });

  it('low windows let all five frames go on together', () => {
    expect(steps(12, [window(4, 4)], STAGE_1)).toBe(144 + 4 * 40);
    expect(steps(12, [window(2, 12)], STAGE_1)).toBe(144 + 4 * 24);
    expect(steps(12, [window(3, 4), window(2, 12)], STAGE_1)).toBe(144 + 4 * 28);
  });
});
