import { describe, expect, it } from 'vitest';
import { formatLink, parseLink } from '../../src/state/link';
import type { GenerationOptions } from '../../src/shared/options';

const OPTIONS: GenerationOptions = {
  prompt: '狮子 & a lion, 50 % off? #1',
  seed: 4294967295,
  guidance: 3.5,
  temperature: 0.85,
  topK: 0,
  rounds: 2,
  keyRate: 'auto',
  candidates: 3,
  parallel: true,
};

describe('parseLink', () => {
  it('gives defaults without parameters', () => {
    expect(parseLink('')).toEqual({
      prompt: '',
      seed: null,
      overrides: {},
      modelId: 'mini',
      backend: 'auto',
      run: false,
      problems: [],
    });
  });

  it.each(['auto', 4, 0.5] as const)('reads back what formatLink wrote, rate %s', (keyRate) => {
    const link = parseLink(formatLink({ ...OPTIONS, keyRate }, 'micro', 'wasm'));
    const { prompt, seed, ...overrides } = OPTIONS;
    expect(link).toEqual({
      prompt,
      seed,
      overrides: { ...overrides, keyRate },
      modelId: 'micro',
      backend: 'wasm',
      run: false,
      problems: [],
    });
  });

  it.each([
    ['seed', '-1'],
    ['seed', '4294967296'],
    ['seed', '1.5'],
    ['seed', ''],
    ['guidance', 'abc'],
    ['guidance', '0.99'],
    ['temperature', '0'],
    ['temperature', 'NaN'],
    ['temperature', 'Infinity'],
    ['topk', '1e3'],
    ['topk', '0x10'],
    ['rounds', '7'],
    ['candidates', '0'],
    ['candidates', '9'],
    ['parallel', 'yes'],
    ['rate', 'fast'],
    ['rate', '-2'],
    ['rate', '0'],
    ['model', '../../etc'],
    ['backend', 'webgl'],
    ['threads', '0'],
    ['threads', '1.5'],
  ])('reports %s=%s by name and uses the default', (field, value) => {
    const link = parseLink(`?prompt=fox&${field}=${encodeURIComponent(value)}`);
    expect(link.problems.map((problem) => [problem.field, problem.value])).toEqual([
      [field, value],
    ]);
    expect(link).toMatchObject({
      prompt: 'fox',
      seed: null,
      overrides: {},
      modelId: 'mini',
      backend: 'auto',
    });
  });

  it('keeps the valid values beside an invalid one, and every problem', () => {
    const link = parseLink('?guidance=99&temperature=0.7&seed=x&topk=12');
    expect(link.overrides).toEqual({ temperature: 0.7, topK: 12 });
    expect(link.problems.map(({ field }) => field)).toEqual(['guidance', 'seed']);
    expect(link.problems[0]?.problem).toEqual({ rule: 'range', min: 1, max: 10, integer: false });
  });

  it('starts by itself only when asked to', () => {
    expect(parseLink('?prompt=fox').run).toBe(false);
    expect(parseLink('?prompt=fox&run=1').run).toBe(true);
  });

  it('takes a number of threads, for measurements', () => {
    expect(parseLink('?threads=2').threads).toBe(2);
  });
});
