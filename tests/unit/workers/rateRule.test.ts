import { expect, it } from 'vitest';
import { keyRateFor } from '../../../workers/sampling/rateRule';

const MANIFEST = {
  defaultKeyRate: 1,
  rateRules: [
    { words: ['jump', '跳'], framesPerSecond: 4 },
    { words: ['run', 'gallop', '跑'], framesPerSecond: 2 },
    { words: ['drink', 'walk toward', '喝水'], framesPerSecond: 1 },
  ],
};

it.each([
  ['A fox jumps in the snow', 4],
  ['Jumping fox!', 4],
  ['一只狐狸在雪地里跳起来', 4],
  ['the horse is running', 2],
  ['a pruned tree', 1],
  ['a lion runs, jumps and drinks', 1],
  ['The fox RUNS', 2],
  ['a cow walks toward the camera, then jumps', 1],
  ['a walk along, then jumps toward us', 4],
  ['狮子喝水', 1],
  ['nothing special', 1],
  ['ｊｕｍｐ', 4],
])('%s -> %i frames per second', (prompt, rate) => {
  expect(keyRateFor(prompt, MANIFEST)).toBe(rate);
});

it('takes the default without a match', () => {
  expect(keyRateFor('a tree', { ...MANIFEST, defaultKeyRate: 8 })).toBe(8);
});
