import { describe, expect, it } from 'vitest';
import { fmix32, streamKey, uniform } from '../../../workers/sampling/randomStream';

/** The published generator, with a running state. */
function sequentialMulberry32(seed: number, count: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  });
}

describe('random stream', () => {
  it('gives the known values of the Python twin', () => {
    expect(fmix32(1)).toBe(0x514e28b7);
    const keys = [streamKey(1234, 0, 0), streamKey(1234, 1, 0), streamKey(0, 0, 1)];
    expect(keys).toEqual([3079723048, 997352634, 1141843545]);
    expect(uniform(streamKey(1234, 0, 0), 0)).toBe(0.8843963607214391);
  });

  it('read by index equals the running generator', () => {
    for (const key of [0, 1, streamKey(1234, 0, 0), 0xffffffff]) {
      const numbers = Array.from({ length: 50 }, (_, index) => uniform(key, index));
      expect(numbers).toEqual(sequentialMulberry32(key, 50));
    }
  });

  it('has a key for every seed, round and window, whatever their order', () => {
    const keys = new Set<number>();
    for (let a = 0; a < 8; a++)
      for (let b = 0; b < 8; b++) for (let c = 0; c < 8; c++) keys.add(streamKey(a, b, c));
    expect(keys.size).toBe(512);
    expect(streamKey(0xffffffff, 3, 7)).toBeGreaterThanOrEqual(0);
  });
});
