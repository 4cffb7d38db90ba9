/**
 * Uniform numbers in [0, 1) from an unsigned 32-bit seed: mulberry32 by Tommy Ettinger (public
 * domain). Enough to shuffle a study; never used for sampling clips.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
