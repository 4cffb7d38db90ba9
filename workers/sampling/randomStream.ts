/**
 * The seeded random stream of the sampler: the exact twin of training/common/random_stream.py,
 * which documents the formulas. A stream is read by index, never by order of calling, so batching
 * or reordering cells does not change a clip. All arithmetic is on wrapping unsigned 32-bit
 * integers; only the last division is float64.
 */

/** Finaliser of MurmurHash3: a bijection of the uint32 numbers that mixes all bits. */
export function fmix32(value: number): number {
  let hash = value >>> 0;
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The uint32 key of the stream named by `parts`; their order matters. */
export function streamKey(...parts: number[]): number {
  return parts.reduce((key, part) => fmix32((key + 0x9e3779b9) ^ part), 0);
}

/** The number at `index` (from 0) of the stream `key`, in [0, 1): mulberry32 by counter. */
export function uniform(key: number, index: number): number {
  const state = (key + Math.imul(index + 1, 0x6d2b79f5)) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
}
