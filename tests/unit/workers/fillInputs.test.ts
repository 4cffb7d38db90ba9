/** What the step of a cell reads: ids of the cell before, hints of frames around it. */
import { expect, it } from 'vitest';
import type { SpecialIds } from '../../../src/shared/manifest';
import { fillInputs } from '../../../workers/runtime/fillInputs';

const NULL = 92;
const manifest = { ids: { nullHint: NULL } as SpecialIds };

/** Two sequences of one window each, whose frames open with 100 * sequence + order. */
function filled(order: number, cell: number, hintFrames: readonly Int32Array[]): number[][] {
  const runner = {
    ids: new Int32Array(2),
    hints: new Int32Array(4),
    openingId: (sequence: number, of: number) => 100 * (sequence + 1) + of,
  };
  const frame = { order, tokens: [Int32Array.of(7, 8, 9)], hintFrames: [hintFrames] };
  fillInputs(runner, frame, cell, { manifest });
  return [[...runner.ids], [...runner.hints]];
}

it('opens a frame with its id and goes on with the cell before', () => {
  expect(filled(0, 0, [])[0]).toEqual([100, 200]);
  expect(filled(0, 2, [])[0]).toEqual([8, 8]);
});

it('hints at the frame before a key frame and at the id that opens it', () => {
  const before = Int32Array.of(1, 2, 3);
  expect(filled(0, 1, [])[1]).toEqual([NULL, 100, NULL, 200]);
  expect(filled(3, 1, [before])[1]).toEqual([2, 103, 2, 203]);
});

it('hints at the frames on both sides of a frame between', () => {
  const [before, after] = [Int32Array.of(1, 2, 3), Int32Array.of(4, 5, 6)];
  expect(filled(3, 2, [before, after])[1]).toEqual([3, 6, 3, 6]);
});
