import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorKind } from '../../../src/shared/errors';
import { checkOptions } from '../../../src/shared/options';
import type { GenerationOptions } from '../../../src/shared/options';
import { parseManifest } from '../../../src/shared/parseManifest';

const MICRO = new URL('../../fixtures/models/micro/manifest.json', import.meta.url);
const plain = parseManifest(JSON.parse(readFileSync(MICRO, 'utf8')));
const ranked = { ...plain, graphs: { ...plain.graphs, ranker: plain.graphs.decoder } };

function options(candidates: number): GenerationOptions {
  const prompt = 'a lion walks';
  const numbers = { seed: 1, guidance: 2, temperature: 0.8, topK: 20, rounds: 1 };
  return { prompt, ...numbers, keyRate: 'auto', candidates, parallel: false };
}

it('takes several candidates where a ranker can choose', () => {
  expect(checkOptions(options(4), ranked).candidates).toBe(4);
  expect(checkOptions(options(1), plain).candidates).toBe(1);
});

it.each([
  [2, plain, /candidates must be 1 for this model, which has no ranker/],
  [0, ranked, /candidates must be a whole number from 1 to 8, but is 0/],
  [9, ranked, /candidates must be a whole number from 1 to 8, but is 9/],
  [1.5, ranked, /candidates must be a whole number/],
])('refuses %d', (candidates, manifest, message) => {
  let caught: unknown;
  try {
    checkOptions(options(candidates), manifest);
  } catch (error) {
    caught = error;
  }
  expect(errorKind(caught)).toBe('InvalidOption');
  expect((caught as Error).message).toMatch(message);
});

it('takes key frames in parallel where a model has a lag', () => {
  const lagging = { ...plain, sampling: { ...plain.sampling, keyFrameLag: 5 } };
  expect(checkOptions({ ...options(1), parallel: true }, lagging).parallel).toBe(true);
  expect(checkOptions(options(1), lagging).parallel).toBe(false);
  expect(() => checkOptions({ ...options(1), parallel: true }, plain)).toThrow(
    /parallel must be false for this model/,
  );
});
