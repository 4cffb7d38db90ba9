import { expect, it } from 'vitest';
import { mixGuidance } from '../../../workers/sampling/guidance';

/** Two windows, three codes; conditional rows first. */
const LOGITS = Float32Array.of(1, 2, 3, 4, 5, 6, 0, 1, 5, 4, 4, 4);

it('mixes the branches of each window', () => {
  const mixed = new Float64Array(3);
  expect([...mixGuidance(LOGITS, 2, 0, 3, mixed)]).toEqual([3, 4, -1]);
  expect([...mixGuidance(LOGITS, 2, 1, 3, mixed)]).toEqual([4, 7, 10]);
});

it('scale 1 is the conditional branch, with or without the other one', () => {
  const mixed = new Float64Array(3);
  expect([...mixGuidance(LOGITS, 2, 1, 1, mixed)]).toEqual([4, 5, 6]);
  expect([...mixGuidance(LOGITS.slice(0, 6), 2, 1, 1, mixed)]).toEqual([4, 5, 6]);
});

it('never draws what the prompt makes implausible, however guidance enlarges it', () => {
  const mixed = new Float64Array(3);
  // Code 2 has a tenth of the likeliest code's conditional probability and far less without text.
  const logits = Float32Array.from([0, -1, Math.log(0.1), 0, -1, -9]);
  expect(mixGuidance(logits, 1, 0, 3, mixed)[2]).toBeGreaterThan(mixed[0]!);
  expect([...mixGuidance(logits, 1, 0, 3, mixed, 0.2)]).toEqual([0, -1, -Infinity]);
  expect(mixGuidance(logits, 1, 0, 3, mixed, 0.05)[2]).toBeGreaterThan(mixed[0]!);
});
