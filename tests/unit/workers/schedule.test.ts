import { describe, expect, it } from 'vitest';
import type { ModelManifest } from '../../../src/shared/manifest';
import {
  clipFrames,
  jobCells,
  keyFrameSlot,
  nearestRate,
  roundCells,
  roundWindows,
} from '../../../workers/sampling/schedule';

describe('interpolation schedule', () => {
  it('grows a clip 5 -> 9 -> 17 -> 33', () => {
    expect([0, 1, 2, 3].map(clipFrames)).toEqual([5, 9, 17, 33]);
    expect([0, 1, 2, 3, 4].map((index) => keyFrameSlot(index, 3))).toEqual([0, 8, 16, 24, 32]);
  });

  it.each([0, 1, 2, 3, 5])('draws every slot once, from frames that exist: %i rounds', (rounds) => {
    const drawn = new Set([0, 1, 2, 3, 4].map((index) => keyFrameSlot(index, rounds)));
    for (let round = 1; round <= rounds; round++) {
      const before = new Set(drawn);
      for (const { slots } of roundWindows(round, rounds)) {
        for (const given of [0, 2, 4]) expect(before.has(slots[given]!)).toBe(true);
        for (const wanted of [1, 3]) {
          expect(drawn.has(slots[wanted]!)).toBe(false);
          drawn.add(slots[wanted]!);
        }
      }
      expect(drawn.size).toBe(clipFrames(round));
    }
    expect([...drawn].sort((a, b) => a - b)).toEqual([...Array(clipFrames(rounds)).keys()]);
  });

  it('equals the merge of the paper: list of frames, every window doubled', () => {
    // Frames as strings: given ones keep their name, drawn ones are named by window and order.
    let merged = ['k0', 'k1', 'k2', 'k3', 'k4'];
    const bySlot = new Map(merged.map((name, index) => [keyFrameSlot(index, 3), name]));
    for (let round = 1; round <= 3; round++) {
      const next: string[] = [];
      for (let window = 0; window < (merged.length - 1) / 2; window++) {
        const [first, second] = [merged[2 * window]!, merged[2 * window + 1]!];
        next.push(first, `${round}.${window}.1`, second, `${round}.${window}.3`);
      }
      merged = [...next, merged.at(-1)!];
      roundWindows(round, 3).forEach(({ slots }, window) => {
        bySlot.set(slots[1], `${round}.${window}.1`).set(slots[3], `${round}.${window}.3`);
      });
    }
    const inOrder = [...bySlot].sort(([a], [b]) => a - b).map(([, name]) => name);
    expect(inOrder).toEqual(merged);
  });

  it('counts the cells of rounds and of the job alike', () => {
    const cells = 144;
    const rounds = [1, 2, 3].map((round) => roundCells(round, cells));
    expect(rounds).toEqual([4 * cells, 8 * cells, 16 * cells]);
    expect(5 * cells + rounds[0]! + rounds[1]! + rounds[2]!).toBe(jobCells(3, cells));
  });
});

it('announces an untrained rate by the nearest trained one', () => {
  const rates = [1, 2, 4, 8].map((rate) => ({
    framesPerSecond: rate,
    durationText: `${4 / rate}s`,
  }));
  const manifest = { rates } as ModelManifest;
  expect([1, 2, 8, 16, 32, 0.5].map((rate) => nearestRate(manifest, rate).framesPerSecond)).toEqual(
    [1, 2, 8, 8, 8, 1],
  );
});
