/** The sampler in WGSL draws what the one in JavaScript draws. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mixGuidance } from '../../workers/sampling/guidance';
import { streamKey } from '../../workers/sampling/randomStream';
import { sampleTopK } from '../../workers/sampling/sampleTopK';
import { clearNumber, openSamplerSite, randomLogits } from './samplerSite';
import type { SamplerSite } from './samplerSite';
import type { SamplerCase, SamplerResult } from './samplerPage/page';

/** The software adapter compiles every shader on the CPU: minutes on a busy machine. */
const WEBGPU_MILLISECONDS = 600_000;

let site: SamplerSite;
beforeAll(async () => {
  site = await openSamplerSite();
});
afterAll(() => site.close());

function draw(cases: readonly SamplerCase[]): Promise<SamplerResult[]> {
  return site.evaluate((page) => page.evaluate((all) => sampler.draw(all), cases));
}

const WINDOWS = 3;
const CELLS = 3;

type Settings = Pick<
  SamplerCase['sampling'],
  'codes' | 'guidance' | 'floor' | 'temperature' | 'topK'
>;

function caseOf(settings: Settings, seed: number): SamplerCase {
  const sequences = settings.guidance === 1 ? WINDOWS : 2 * WINDOWS;
  const count = sequences * settings.codes;
  const logits = Array.from({ length: CELLS }, (_, cell) =>
    randomLogits(streamKey(seed, cell), count),
  );
  const numbers = Array.from({ length: WINDOWS * CELLS }, (_, index) => {
    const [window, cell] = [Math.floor(index / CELLS), index % CELLS];
    return clearNumber(streamKey(seed, 100 + index), (u) =>
      expectedToken(settings, logits[cell]!, window, u),
    );
  });
  const sampling = { ...settings, windows: WINDOWS, sequences, cells: CELLS };
  return { sampling, logits, numbers };
}

function expectedToken(settings: Settings, logits: number[], window: number, u: number): number {
  const { codes, guidance, floor, temperature, topK } = settings;
  const values = Float32Array.from(logits);
  const mixed = new Float64Array(codes);
  const row = mixGuidance(values, WINDOWS, window, guidance, mixed, floor);
  return sampleTopK(row, temperature, topK, u);
}

/** Tokens [windows][cells] of the functions in JavaScript. */
function expectedTokens({ sampling, logits, numbers }: SamplerCase): number[][] {
  return Array.from({ length: WINDOWS }, (_, window) =>
    logits.map((cell, index) =>
      expectedToken(sampling, cell, window, numbers[window * CELLS + index]!),
    ),
  );
}

/** Codes fewer than the threads of a workgroup, more, and many; none a multiple of them. */
const CODES = [7, 300, 2049];
const SETTINGS: Settings[] = CODES.flatMap((codes) =>
  [1, 2].flatMap((guidance) =>
    [0, 0.05].flatMap((floor) =>
      [0, 0.6, 1].flatMap((temperature) =>
        [0, 1, 20].map((topK) => ({ codes, guidance, floor, temperature, topK })),
      ),
    ),
  ),
);

describe('the sampler on WebGPU', { timeout: WEBGPU_MILLISECONDS }, () => {
  it('draws the tokens of the one in JavaScript, with every setting', async () => {
    const cases = SETTINGS.map((settings, index) => caseOf(settings, index));
    const drawn = await draw(cases);
    const expected = cases.map(expectedTokens);
    expect(drawn.map(({ tokens }) => tokens)).toEqual(expected);
    // The settings matter: what is drawn is spread, and not the likeliest code everywhere.
    const greedy = cases.map((one) =>
      expectedTokens({ ...one, sampling: { ...one.sampling, temperature: 0 } }),
    );
    const differing = expected.flat(2).filter((token, index) => token !== greedy.flat(2)[index]);
    expect(differing.length).toBeGreaterThan(expected.flat(2).length / 5);
  });

  it('feeds what it drew to all branches of the next cell', async () => {
    const one = caseOf({ codes: 50, guidance: 2, floor: 0, temperature: 1, topK: 0 }, 77);
    const [{ tokens, ids } = { ids: [] }] = await draw([one]);
    const branches = [0, 1, 2, 0, 1, 2];
    expect(ids).toEqual([
      [1000, 1001, 1002, 1003, 1004, 1005],
      ...[0, 1, 2].map((cell) => branches.map((window) => tokens![window]![cell])),
    ]);
  });

  it('keeps and draws the lower ids of equal logits', async () => {
    const codes = 600;
    const base = { codes, guidance: 1, floor: 0, temperature: 1 };
    const flat = caseOf({ ...base, topK: 0 }, 1);
    const equal = flat.logits.map((cell) => cell.map((_, index) => (index % 2 === 0 ? -0 : 0)));
    const numbers = [0, 0.1001, 0.2501, 0.5001, 0.7501, 0.9001, 0.99, 0.9999, 1 - 2 ** -24];
    const all = { ...flat, logits: equal, numbers };
    const few = { ...all, sampling: { ...all.sampling, topK: 10 } };
    const best = { ...all, sampling: { ...all.sampling, temperature: 0 } };
    const [fromAll, fromFew, fromBest] = await draw([all, few, best]);
    const share = (count: number) => numbers.map((u) => Math.floor(u * count));
    expect(fromAll?.tokens?.flat()).toEqual(share(codes));
    expect(fromFew?.tokens?.flat()).toEqual(share(10));
    expect(fromBest?.tokens?.flat()).toEqual(numbers.map(() => 0));
  });

  it('fails like the one in JavaScript where logits are not numbers', async () => {
    const plain = { codes: 300, guidance: 1, floor: 0, temperature: 1, topK: 20 };
    const guided = { ...plain, guidance: 2, floor: 0.05 };
    const [sequence, cell] = [2, 1];
    const spoilt = (settings: Settings, value: number, branch = 0, codes = [123]): SamplerCase => {
      const one = caseOf(settings, 5);
      const first = (branch * WINDOWS + sequence) * settings.codes;
      for (const code of codes) one.logits[cell]![first + code] = value;
      return one;
    };
    const everywhere = Array.from({ length: plain.codes }, (_, code) => code);
    const failing = [
      spoilt(plain, NaN),
      spoilt({ ...plain, temperature: 0 }, NaN),
      spoilt(plain, Infinity),
      spoilt(plain, -Infinity, 0, everywhere),
      spoilt(guided, NaN),
      spoilt({ ...guided, floor: 0 }, NaN, 1),
      spoilt(guided, Infinity),
      spoilt(guided, -Infinity, 0, everywhere),
      spoilt({ ...guided, floor: 0 }, -Infinity, 1),
    ];
    const working = [
      spoilt(plain, -Infinity),
      spoilt(guided, -Infinity),
      spoilt({ ...guided, floor: 0 }, -Infinity),
    ];
    for (const one of failing) expect(() => expectedTokens(one)).toThrow(/not numbers/);
    const drawn = await draw([...failing, ...working]);
    for (const { failure } of drawn.slice(0, failing.length)) {
      expect(failure).toMatch(/^Internal: The model returned values that are not numbers/);
    }
    const tokens = drawn.slice(failing.length).map((one) => one.tokens);
    expect(tokens).toEqual(working.map(expectedTokens));
  });
});
