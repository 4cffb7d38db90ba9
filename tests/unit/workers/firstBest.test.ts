import { expect, it } from 'vitest';
import { firstBest } from '../../../workers/sampling/firstBest';

it.each([
  [[1], 0],
  [[-3, -1, -2], 1],
  [[-2, -1, -1], 1],
  [[5, 5, 5], 0],
  [[-Infinity, -9], 1],
  [[NaN, -9], 1],
  [[-9, NaN], 0],
])('of %j it is %i', (scores, best) => {
  expect(firstBest(Float32Array.from(scores))).toBe(best);
});
