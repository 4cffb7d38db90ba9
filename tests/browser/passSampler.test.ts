/** The sampler of passes in WGSL draws what the one in JavaScript draws, and is as sure of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawSure } from '../../workers/sampling/drawHidden';
import type { SureToken } from '../../workers/sampling/drawHidden';
import { mixedRows } from '../../workers/sampling/guidance';
import { streamKey, uniform } from '../../workers/sampling/randomStream';
import { clearNumber, openSamplerSite, randomLogits } from './samplerSite';
import type { SamplerSite } from './samplerSite';
import type { PassCase, PassResult } from './samplerPage/page';

/** The software adapter compiles every shader on the CPU: minutes on a busy machine. */
const WEBGPU_MILLISECONDS = 600_000;

const ROWS = 6;
const SURENESS_TOLERANCE = 1e-4;

let site: SamplerSite;
beforeAll(async () => {
  site = await openSamplerSite();
});
afterAll(() => site.close());

function drawPasses(cases: readonly PassCase[]): Promise<PassResult[]> {
  return site.evaluate((page) => page.evaluate((all) => sampler.drawPasses(all), cases));
}

type Settings = Omit<PassCase['drawing'], 'rows'>;
type Logits = (seed: number, count: number) => number[];

/** As a model makes them: no two alike. */
const unevenLogits: Logits = (seed, count) =>
  Array.from({ length: count }, (_, index) => Math.fround(12 * uniform(seed, index) - 6));

/** Two passes: over all rows, and over every other one. */
function caseOf(settings: Settings, seed: number, logitsOf: Logits, count = ROWS): PassCase {
  const drawing = { ...settings, rows: count };
  const branches = settings.guidance === 1 ? 1 : 2;
  const passes = [1, 2].map((step) => {
    const logits = logitsOf(streamKey(seed, step), branches * count * settings.codes);
    const drawn = [...Array(count).keys()].filter((row) => row % step === 0);
    const hidden = drawn.map((row) => ({
      row,
      number: clearNumber(
        streamKey(seed, step, row),
        (u) => expectedRow(drawing, logits, row, u).token,
      ),
    }));
    return { logits, hidden };
  });
  return { drawing, passes };
}

function expectedRow(
  { rows, codes, guidance, floor, temperature, topK }: PassCase['drawing'],
  logits: number[],
  row: number,
  u: number,
): SureToken {
  const shape = { windows: 1, rows, codes };
  const mixed = mixedRows(Float32Array.from(logits), shape, guidance, floor);
  return drawSure(mixed(0)(row), temperature, topK, u);
}

/** Of every pass what the functions in JavaScript draw. */
function expectedPasses({ drawing, passes }: PassCase): SureToken[][] {
  return passes.map(({ logits, hidden }) =>
    hidden.map(({ row, number }) => expectedRow(drawing, logits, row, number)),
  );
}

function tokensOf(drawn: readonly SureToken[][]): number[][] {
  return drawn.map((pass) => pass.map(({ token }) => token));
}

function expectAlike(results: readonly PassResult[], cases: readonly PassCase[]): void {
  const expected = cases.map(expectedPasses);
  expect(results.map(({ failure }) => failure)).toEqual(cases.map(() => undefined));
  expect(results.map(({ drawn }) => tokensOf(drawn))).toEqual(expected.map(tokensOf));
  const drawn = results.flatMap((one) => one.drawn.flat());
  const wanted = expected.flat(2);
  const differences = drawn.map(({ sureness }, index) =>
    Math.abs(sureness - wanted[index]!.sureness),
  );
  expect(Math.max(...differences)).toBeLessThan(SURENESS_TOLERANCE);
}

/** Codes fewer than the threads of a workgroup, and more; none a multiple of them. */
const SETTINGS: Settings[] = [7, 300].flatMap((codes) =>
  [1, 2.5].flatMap((guidance) =>
    [0, 0.05].flatMap((floor) =>
      [0, 0.6, 1].flatMap((temperature) =>
        [0, 1, 20].map((topK) => ({ codes, guidance, floor, temperature, topK })),
      ),
    ),
  ),
);
const LARGE: Settings = { codes: 2049, guidance: 2, floor: 0.02, temperature: 0.8, topK: 20 };

describe('the sampler of passes on WebGPU', { timeout: WEBGPU_MILLISECONDS }, () => {
  it('draws the tokens of the one in JavaScript and is as sure, with every setting', async () => {
    const cases = [...SETTINGS, LARGE, { ...LARGE, topK: 0 }].map((settings, index) =>
      caseOf(settings, index, randomLogits),
    );
    expectAlike(await drawPasses(cases), cases);
    // The settings matter: what is drawn is spread, and not the likeliest code everywhere.
    const expected = cases.flatMap((one) => expectedPasses(one).flat());
    expect(expected.filter(({ sureness }) => sureness < -1).length).toBeGreaterThan(
      expected.length / 5,
    );
  });

  it('draws alike from logits that guidance must round', async () => {
    const cases = [SETTINGS.at(-1)!, LARGE, { ...LARGE, floor: 0, temperature: 1, topK: 200 }].map(
      (settings, index) => caseOf(settings, 50 + index, unevenLogits),
    );
    expectAlike(await drawPasses(cases), cases);
  });

  it('draws alike when there are more rows than are drawn at a time', async () => {
    const settings = { codes: 9, guidance: 2, floor: 0, temperature: 1, topK: 5 };
    const cases = [caseOf(settings, 90, randomLogits, 600)];
    expectAlike(await drawPasses(cases), cases);
  });

  it('keeps and draws the lower ids of equal logits, and shares among as many', async () => {
    const codes = 600;
    const numbers = [0, 0.1001, 0.2501, 0.5001, 0.7501, 1 - 2 ** -24];
    const hidden = numbers.map((number, row) => ({ row, number }));
    const logits = Array.from({ length: ROWS * codes }, (_, at) => (at % 2 ? -0 : 0));
    const base = { rows: ROWS, codes, guidance: 1, floor: 0, temperature: 0.5 };
    const cases = [
      { drawing: { ...base, topK: 0 }, passes: [{ logits, hidden }] },
      { drawing: { ...base, topK: 10 }, passes: [{ logits, hidden }] },
      { drawing: { ...base, topK: 10, temperature: 0 }, passes: [{ logits, hidden }] },
    ];
    const results = await drawPasses(cases);
    const share = (count: number) => [numbers.map((u) => Math.floor(u * count))];
    const drawn = results.map((one) => tokensOf(one.drawn));
    expect(drawn).toEqual([share(codes), share(10), [numbers.map(() => 0)]]);
    expectAlike(results, cases);
  });

  it('fails like the one in JavaScript where logits are not numbers', async () => {
    const plain = { codes: 300, guidance: 1, floor: 0, temperature: 1, topK: 20 };
    const guided = { ...plain, guidance: 2, floor: 0.05 };
    const row = 4;
    const spoilt = (settings: Settings, value: number, branch = 0, codes = [123]): PassCase => {
      const one = caseOf(settings, 5, randomLogits);
      const first = (branch * ROWS + row) * settings.codes;
      for (const code of codes) one.passes[1]!.logits[first + code] = value;
      return one;
    };
    const everywhere = Array.from({ length: plain.codes }, (_, code) => code);
    const failing = [
      spoilt(plain, NaN),
      spoilt({ ...plain, temperature: 0 }, NaN),
      spoilt(plain, -Infinity, 0, everywhere),
      spoilt({ ...guided, floor: 0 }, NaN, 1),
      spoilt(guided, Infinity),
    ];
    const working = [spoilt(plain, -Infinity), spoilt(guided, -Infinity)];
    for (const one of failing) expect(() => expectedPasses(one)).toThrow(/not numbers/);
    const results = await drawPasses([...failing, ...working]);
    for (const { drawn, failure } of results.slice(0, failing.length)) {
      expect(drawn).toHaveLength(1);
      expect(failure).toMatch(/^Internal: The model returned values that are not numbers/);
    }
    expectAlike(results.slice(failing.length), working);
  });
});
