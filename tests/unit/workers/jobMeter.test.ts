/** Cells and time left of jobs that draw the frames between in passes. */
import { expect, it } from 'vitest';
import type { Progress } from '../../../src/shared/protocol';
import { JobMeter } from '../../../workers/stages/jobMeter';

const CELLS = 8;
const PASSES = 4;
const ROUNDS = 2;

type Cells = Extract<Progress, { kind: 'cells' }>;

/** What the page hears at the end of a stage. */
function after(passes: number, draw: (meter: JobMeter) => void): Cells {
  const heard: Progress[] = [];
  const shape = { rounds: ROUNDS, cells: CELLS, candidates: 1, passes };
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
