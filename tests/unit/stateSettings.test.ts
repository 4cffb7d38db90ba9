/** The options of the next clip: the model's own values, and what the user chose instead. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseManifest } from '../../src/shared/parseManifest';
import { effectiveOptions } from '../../src/state/settings';
import type { Overrides, Settings } from '../../src/state/settings';

const MICRO = new URL('../fixtures/models/micro/manifest.json', import.meta.url);
const plain = parseManifest(JSON.parse(readFileSync(MICRO, 'utf8')));
const lagging = { ...plain, sampling: { ...plain.sampling, keyFrameLag: 5 } };

function settings(overrides: Overrides): Settings {
  return {
    prompt: 'a lion walks',
    seed: 3,
    overrides,
    modelId: 'micro',
    backend: 'auto',
    linkProblems: [],
    refusal: null,
  };
}

it('takes the values of the model where the user chose none', () => {
  const { guidance, topK } = plain.sampling;
  expect(effectiveOptions(settings({ rounds: 1 }), plain)).toMatchObject({
    prompt: 'a lion walks',
    seed: 3,
    guidance,
    topK,
    rounds: 1,
    keyRate: 'auto',
  });
});

it('draws key frames in parallel where the model has a lag, unless the user wants them in order', () => {
  expect(effectiveOptions(settings({}), plain).parallel).toBe(false);
  expect(effectiveOptions(settings({}), lagging).parallel).toBe(true);
  expect(effectiveOptions(settings({ parallel: false }), lagging).parallel).toBe(false);
});
