import { describe, expect, it } from 'vitest';
import { streamKey, uniform } from '../../../workers/sampling/randomStream';
import { sampleTopK } from '../../../workers/sampling/sampleTopK';

/** Obvious and slow: sort everything, walk the distribution. */
function slowDraw(logits: number[], temperature: number, topK: number, u: number): number {
  const ranked = logits.map((_, id) => id).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const kept = topK > 0 ? ranked.slice(0, topK) : ranked;
  if (temperature <= 0) return kept[0]!;
  const weights = kept.map((id) => Math.exp((logits[id]! - logits[kept[0]!]!) / temperature));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  let running = 0;
  for (const [rank, id] of kept.entries()) {
    running += weights[rank]!;
    if (running > u * sum) return id;
  }
  return kept.at(-1)!;
}

function randomLogits(key: number, codes: number, levels: number): Float64Array {
  return Float64Array.from({ length: codes }, (_, i) => Math.floor(uniform(key, i) * levels) / 4);
}

describe('sampleTopK', () => {
  it.each([
    [40, 12],
    [300, 30],
    [2048, 4000],
  ])('draws what the slow twin draws: %i codes, %i levels (ties)', (codes, levels) => {
    for (let trial = 0; trial < 120; trial++) {
      const key = streamKey(trial, codes);
      const logits = randomLogits(key, codes, levels);
      const topK = [0, 1, 2, 20, 128, 129, codes - 1, codes, codes + 5][trial % 9]!;
      const temperature = [0, 0.3, 0.8, 1.5][trial % 4]!;
      const u = uniform(key, codes + 1);
      const slow = slowDraw([...logits], temperature, topK, u);
      expect(sampleTopK(logits, temperature, topK, u)).toBe(slow);
    }
  });

  it('takes the lower id of equal logits and the last kept id at the end of the range', () => {
    expect(sampleTopK(Float64Array.of(1, 3, 3), 0, 0, 0.999)).toBe(1);
    expect(sampleTopK(Float64Array.of(3, 3, 3), 1, 2, 0.999999)).toBe(1);
    expect(sampleTopK(Float64Array.of(3, 3, 3), 1, 0, 0)).toBe(0);
  });

  it('follows the softmax distribution', () => {
    const logits = Float64Array.of(0, 1, 2);
    const total = Math.exp(0) + Math.exp(1) + Math.exp(2);
    const counts = [0, 0, 0];
    const key = streamKey(5);
    const draws = 20000;
    for (let i = 0; i < draws; i++) counts[sampleTopK(logits, 1, 0, uniform(key, i))]!++;
    counts.forEach((count, id) => {
      expect(count / draws).toBeCloseTo(Math.exp(id) / total, 1.5);
    });
  });

  it.each([5, 200])('rejects logits that are not numbers (%i kept)', (topK) => {
    const logits = new Float64Array(400).fill(NaN);
    expect(() => sampleTopK(logits, 1, topK, 0.5)).toThrow(/not numbers/);
    logits.fill(0)[399] = NaN;
    expect(() => sampleTopK(logits, 1, topK, 0.5)).toThrow(/not numbers/);
  });
});
