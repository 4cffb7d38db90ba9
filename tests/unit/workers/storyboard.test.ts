import { describe, expect, it } from 'vitest';
import { clipFrames, roundWindows } from '../../../workers/sampling/schedule';
import { batchOpening, storyboardOf } from '../../../workers/sampling/storyboard';

/** Points that name themselves: 0, 1, 2, ... */
const numbered = (points: number): number[] => [...Array(points).keys()];

describe('storyboardOf', () => {
  it.each([
    [0, 33, [0, 8, 16, 24, 32]],
    [1, 33, [0, 4, 8, 12, 16, 20, 24, 28, 32]],
    [3, 33, numbered(33)],
    [0, 2, [0, 0, 0, 0, 1]],
    [1, 4, [0, 0, 0, 1, 1, 1, 2, 2, 3]],
    [0, 6, [0, 1, 2, 3, 5]],
  ])('%i rounds of %i points', (rounds, points, wanted) => {
    expect(storyboardOf(numbered(points), rounds).opening).toEqual(wanted);
  });

  it.each([2, 5, 17, 33, 34, 100])(
    'opens as the last of %i points that is not behind',
    (points) => {
      for (const rounds of [0, 1, 2, 3, 6]) {
        const last = clipFrames(rounds) - 1;
        const found = storyboardOf(numbered(points), rounds).opening;
        expect(found).toHaveLength(last + 1);
        found.forEach((point, slot) => {
          // In units of 1 / (last * (points - 1)) of the clip, so that all times are whole.
          const time = slot * (points - 1);
          const past = numbered(points).filter((other) => other * last <= time);
          expect(point).toBe(Math.max(...past));
        });
      }
    },
  );

  it('opens a frame alike in every clip that has it', () => {
    const short = storyboardOf(numbered(33), 1).opening;
    const long = storyboardOf(numbered(33), 3).opening;
    expect(long.filter((_, slot) => slot % 4 === 0)).toEqual(short);
  });
});

describe('batchOpening', () => {
  const storyboard = storyboardOf(
    numbered(33).map((point) => 100 + point),
    2,
  );
  const windows = roundWindows(1, 2).map(({ slots }) => slots);

  it('tells the first branch of every window its own frames, the others nothing', () => {
    expect(batchOpening(storyboard, windows, 2, 7)).toEqual({
      opening: [
        [100, 104, 108, 112, 116],
        [116, 120, 124, 128, 132],
        [7, 7, 7, 7, 7],
        [7, 7, 7, 7, 7],
      ],
    });
    expect(batchOpening(storyboard, windows, 1, 7).opening).toHaveLength(2);
  });

  it('says nothing without a storyboard', () => {
    expect(batchOpening(undefined, windows, 2, 7)).toEqual({});
  });
});
