/** The method of drawing follows the package. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorKind } from '../../../src/shared/errors';
import type { ModelManifest, SamplingDefaults } from '../../../src/shared/manifest';
import { readClusterTable } from '../../../workers/runtime/clusterTable';
import { sampleCluster } from '../../../workers/sampling/clusterSampling';
import { codeSampler } from '../../../workers/sampling/codeSampler';
import { sampleTopK, samplerScratch } from '../../../workers/sampling/sampleTopK';

const MICRO = new URL('../../fixtures/models/micro/manifest.json', import.meta.url);
const plain = (JSON.parse(readFileSync(MICRO, 'utf8')) as ModelManifest).sampling;
const LOGITS = Float64Array.of(1, 0.5, 2, 0, 1.5, -1, 1, 0.2);
const TABLE = Int32Array.of(0, 1, 2, 0, 1, 2, 2, 3);
const clustered: SamplingDefaults = {
  ...plain,
  clusters: {
    table: { path: 'clusters.bin', bytes: 16, sha256: '' },
    count: 4,
    innerTemperature: 0.5,
  },
};
const scratch = samplerScratch(8);
const numbers = Array.from({ length: 50 }, (_, index) => (index + 0.5) / 50);

describe('codeSampler', () => {
  it('draws among the best codes without clusters', () => {
    const draw = codeSampler(
      { temperature: 0.7, topK: 3 },
      { sampling: plain },
      undefined,
      scratch,
    );
    for (const u of numbers) expect(draw(LOGITS, u)).toBe(sampleTopK(LOGITS, 0.7, 3, u));
  });

  it.each([
    [2, 2],
    [0, 4],
  ])('draws by clusters where the package has them: topK %i keeps %i', (topK, kept) => {
    const draw = codeSampler({ temperature: 0.7, topK }, { sampling: clustered }, TABLE, scratch);
    const settings = { clusters: TABLE, temperature: 0.7, kept, innerTemperature: 0.5 };
    const drawn = numbers.map((u) => draw(LOGITS, u));
    expect(drawn).toEqual(numbers.map((u) => sampleCluster(LOGITS, settings, u)));
    expect(new Set(drawn).size).toBeGreaterThan(2);
  });

  it('refuses a package whose table was not loaded, and a temperature of 0', () => {
    const options = { temperature: 0, topK: 0 };
    expect(() => codeSampler(options, { sampling: clustered }, undefined, scratch)).toThrow(
      'was not loaded',
    );
    expect(() => codeSampler(options, { sampling: clustered }, TABLE, scratch)).toThrow(
      'above 0, not 0',
    );
  });
});

describe('readClusterTable', () => {
  const manifest = { codes: 8, sampling: clustered };
  const read = (numbers: readonly number[]) => () =>
    Promise.resolve(Uint8Array.from(numbers.flatMap((id) => [id & 255, id >> 8])));

  it('reads 16 bits a code, low byte first', async () => {
    const sampling = { ...clustered, clusters: { ...clustered.clusters!, count: 400 } };
    const table = await readClusterTable({ codes: 2, sampling }, read([3, 258]));
    expect(table).toEqual(Int32Array.of(3, 258));
    expect(await readClusterTable(manifest, read([...TABLE]))).toEqual(TABLE);
  });

  it('reads nothing for other packages', async () => {
    const never = () => Promise.reject(new Error('read'));
    expect(await readClusterTable({ codes: 8, sampling: plain }, never)).toBeUndefined();
  });

  it.each<[string, number[], RegExp]>([
    ['of another length', [0, 1, 2], /clusters\.bin has 6 bytes for 8 codes.*Convert/],
    ['with a number beyond', [0, 1, 2, 0, 1, 2, 4, 3], /puts code 6 into cluster 4 of 4/],
  ])('refuses a table %s', async (_, table, message) => {
    const error: unknown = await readClusterTable(manifest, read(table)).catch((e: unknown) => e);
    expect(errorKind(error)).toBe('ModelIntegrity');
    expect((error as Error).message).toMatch(message);
  });
});
