/** Cells and time left of jobs that draw in passes. */
import { describe, expect, it } from 'vitest';
import type { Progress } from '../../../src/shared/protocol';
import { JobMeter } from '../../../workers/stages/jobMeter';

const CELLS = 8;
const PASSES = 4;
const ROUNDS = 2;

type Cells = Extract<Progress, { kind: 'cells' }>;

/** What the page hears at the end of a stage. */
function after(
  interpolation: number,
  draw: (meter: JobMeter) => void,
  { keyframes = 0, candidates = 1, inPasses = Infinity } = {},
): Cells {
  const heard: Progress[] = [];
  const passes = { keyframes, interpolation, rounds: inPasses };
  const shape = { rounds: ROUNDS, cells: CELLS, candidates, passes };
  const meter = new JobMeter(shape, (message) => heard.push(message));
  draw(meter);
  meter.finishStage();
  const cells = heard.filter((message) => message.kind === 'cells');
  return cells.at(-1)!;
}

it('a pass counts as its share of the cells of every window', () => {
  const { doneCells, totalCells, jobDoneCells, jobTotalCells } = after(PASSES, (meter) => {
    meter.begin('interpolate', 1);
    for (let pass = 0; pass < PASSES; pass++) meter.step(2, 100, (2 * CELLS) / PASSES);
  });
  expect([doneCells, totalCells]).toEqual([2 * 2 * CELLS, 2 * 2 * CELLS]);
  expect([jobDoneCells, jobTotalCells]).toEqual([2 * 2 * CELLS, 17 * CELLS]);
});

it('the time left is that of the passes to come, which take what their windows take', () => {
  const { secondsLeft } = after(PASSES, (meter) => {
    meter.begin('interpolate', 1);
    meter.step(2, 100, (2 * CELLS) / PASSES);
  });
  // Three passes over two windows, then four over four.
  expect(secondsLeft).toBeCloseTo(3 * 0.1 + PASSES * 0.2, 9);
});

it('the time left counts cell by cell what is drawn so behind rounds in passes', () => {
  const draw = (meter: JobMeter): void => {
    meter.begin('interpolate', 1);
    for (let pass = 0; pass < PASSES; pass++) meter.step(2, 100, (2 * CELLS) / PASSES);
  };
  const { secondsLeft } = after(PASSES, draw, { inPasses: 1 });
  // Four windows, where a cell costs four times what a row of a pass does.
  const step = 0.1 / ((2 * CELLS) / 4);
  expect(secondsLeft).toBeCloseTo(2 * CELLS * step * (0.5 + (0.5 * 4) / 2), 9);
});

it('the time left of a batch that takes turns counts the turns', () => {
  const { secondsLeft } = after(PASSES, (meter) => {
    meter.begin('interpolate', 2);
    meter.step(1, 50, (2 * CELLS) / PASSES);
  });
  expect(secondsLeft).toBeCloseTo((4 * PASSES - 1) * 0.05, 9);
});

it('key frames expect of the rounds what their passes take', () => {
  const draw = (meter: JobMeter): void => {
    meter.begin('keyframes', 0);
    for (let cell = 0; cell < 5 * CELLS; cell++) meter.step(1, 10);
  };
  const { secondsLeft } = after(PASSES, draw);
  expect(secondsLeft).toBeGreaterThan(0);
  expect(after(2 * PASSES, draw).secondsLeft).toBeCloseTo(2 * secondsLeft, 9);
  expect(after(0, draw).secondsLeft).toBeGreaterThan(0);
});

describe('key frames in passes', () => {
  const candidates = 3;
  /** Of two of five frames, 100 ms each. */
  const draw = (meter: JobMeter): void => {
    meter.begin('keyframes', 0);
    for (let pass = 0; pass < 2 * PASSES; pass++) meter.step(candidates, 100, CELLS / PASSES);
  };
  const keyframes = PASSES;

  it('count as their shares of the cells of every candidate', () => {
    const heard = after(PASSES, draw, { keyframes, candidates });
    expect([heard.doneCells, heard.totalCells]).toEqual([
      2 * candidates * CELLS,
      5 * candidates * CELLS,
    ]);
    expect(heard.jobTotalCells).toBe((17 + 5 * (candidates - 1)) * CELLS);
  });

  it('expect of the rounds as much for each of their rows', () => {
    const { secondsLeft } = after(PASSES, draw, { keyframes, candidates });
    // Three more frames; then passes over two and four windows of two frames each.
    const row = 0.1 / (candidates * CELLS);
    const rounds = PASSES * (2 + 4) * 2 * CELLS * row;
    expect(secondsLeft).toBeCloseTo(3 * PASSES * 0.1 + rounds, 9);
  });

  it('expect of rounds cell by cell what a cell costs more than a row among many', () => {
    const { secondsLeft } = after(0, draw, { keyframes, candidates });
    const step = 0.1 / (CELLS / 4);
    const ofWindows = (windows: number): number => step * (0.5 + (0.5 * windows) / candidates);
    const rounds = 2 * CELLS * (ofWindows(2) + ofWindows(4));
    expect(secondsLeft).toBeCloseTo(3 * PASSES * 0.1 + rounds, 9);
  });
});
