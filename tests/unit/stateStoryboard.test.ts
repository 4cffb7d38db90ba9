import { expect, it } from 'vitest';
import { namedStages } from '../../src/state/storyboard';

const run = { id: 100, en: 'runs', zh: '跑' };
const leap = { id: 104, en: 'leaps', zh: '腾空' };

it('names the stage whatever the id says of the place', () => {
  const manifest = { storyboard: { idsPerStage: 4, stages: [run, leap] } };
  const found = namedStages([99, 100, 103, 104, 107, 108], manifest);
  expect(found).toEqual([undefined, run, run, leap, leap, undefined]);
});

it('names each id where a stage has one', () => {
  const manifest = { storyboard: { stages: [run, { ...leap, id: 101 }] } };
  expect(namedStages([101, 100, 102], manifest).map((stage) => stage?.en)).toEqual([
    'leaps',
    'runs',
    undefined,
  ]);
});

it('names nothing without a storyboard', () => {
  expect(namedStages([100], {})).toEqual([undefined]);
  expect(namedStages([100], null)).toEqual([undefined]);
});
