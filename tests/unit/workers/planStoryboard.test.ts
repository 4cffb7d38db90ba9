import { readFileSync } from 'node:fs';
import { Tensor } from 'onnxruntime-common';
import { expect, it } from 'vitest';
import { errorKind } from '../../../src/shared/errors';
import { parseManifest } from '../../../src/shared/parseManifest';
import type { ModelGraphs } from '../../../workers/runtime/modelGraphs';
import type { Feeds } from '../../../workers/runtime/ortRuntime';
import { planStoryboard } from '../../../workers/stages/planStoryboard';

const MICRO = new URL('../../fixtures/models/micro/manifest.json', import.meta.url);
const manifest = parseManifest(JSON.parse(readFileSync(MICRO, 'utf8')));
const RATES = manifest.rates.length;

/** Id of a point of a rate: the rate's row in the hundreds. */
function opening(points: number): Tensor {
  const ids = Int32Array.from({ length: RATES * points }, (_, index) => {
    const row = Math.floor(index / points);
    return 1000 + 100 * row + (index % points);
  });
  return new Tensor('int32', ids, [1, RATES, points]);
}

function plan(
  answer: Tensor | undefined,
  prompt = Int32Array.of(70, 71),
  keyRate = 1,
  rounds = 0,
  seed = 0,
) {
  const fed: Feeds[] = [];
  const run = (feeds: Feeds) => {
    fed.push(feeds);
    return Promise.resolve(answer ? { opening: answer } : {});
  };
  const storyboard = { runtime: { ort: { Tensor } }, run };
  const graphs = { storyboard } as unknown as ModelGraphs;
  const context = { manifest, graphs, keyRate, options: { rounds, seed } };
  return { planned: planStoryboard({ prompt }, context), fed };
}

it('reads the bare prompt, padded to the text slots', async () => {
  const { planned, fed } = plan(opening(9));
  await planned;
  expect(fed).toHaveLength(1);
  expect(Object.keys(fed[0]!)).toEqual(['text']);
  const { type, dims, data } = fed[0]!['text']!;
  expect([type, dims]).toEqual(['int32', [1, manifest.textLength]]);
  const { pad } = manifest.ids;
  const padding = Array<number>(manifest.textLength - 2).fill(pad);
  expect(Array.from(data as Int32Array)).toEqual([70, 71, ...padding]);
});

it('cuts a prompt that is longer than the text slots', async () => {
  const long = Int32Array.from({ length: manifest.textLength + 5 }, (_, index) => 70 + index);
  const { planned, fed } = plan(opening(9), long);
  await planned;
  expect(fed[0]!['text']!.data).toEqual(long.slice(0, manifest.textLength));
});

it.each([
  [1, 1000],
  [2, 1100],
  [8, 1300],
  // Not trained: the nearest rate stands in, as in the duration text.
  [16, 1300],
])('takes the row that key frames at %s fps announce', async (keyRate, first) => {
  const { planned } = plan(opening(9), undefined, keyRate, 1);
  const wanted = Array.from({ length: 9 }, (_, point) => first + point);
  expect((await planned)?.opening).toEqual(wanted);
});

it('takes the path of the seed, where there are several', async () => {
  const [points, paths] = [9, 3];
  const each = RATES * points;
  const all = Int32Array.from({ length: paths * each }, (_, index) => index);
  const answer = new Tensor('int32', all, [1, paths, RATES, points]);
  const firsts = [0, 1, 2, 3, 2 ** 32 - 1].map(async (seed) => {
    const { planned } = plan(answer, undefined, 2, 1, seed);
    const { opening: found } = (await planned)!;
    expect(found).toEqual(Array.from({ length: 9 }, (_, point) => found[0]! + point));
    return found[0]!;
  });
  const second = manifest.rates.findIndex((rate) => rate.framesPerSecond === 2) * points;
  const wanted = [0, 1, 2, 0, 0].map((path) => path * each + second);
  expect(await Promise.all(firsts)).toEqual(wanted);
});

it('plans nothing without a planner', async () => {
  const context = {
    manifest,
    graphs: {} as ModelGraphs,
    keyRate: 1,
    options: { rounds: 0, seed: 0 },
  };
  expect(await planStoryboard({ prompt: Int32Array.of(70) }, context)).toBeUndefined();
});

it.each<[string, Tensor | undefined]>([
  ['gives nothing', undefined],
  ['gives int32 [1, 4, 1]', opening(1)],
  ['gives int32 [4, 9]', new Tensor('int32', new Int32Array(36), [4, 9])],
  ['gives int32 [1, 3, 9]', new Tensor('int32', new Int32Array(27), [1, 3, 9])],
  ['gives int32 [2, 4, 9]', new Tensor('int32', new Int32Array(72), [2, 4, 9])],
  ['gives int32 [1, 4, 9, 1]', new Tensor('int32', new Int32Array(36), [1, 4, 9, 1])],
  ['gives int32 [1, 0, 4, 9]', new Tensor('int32', new Int32Array(0), [1, 0, 4, 9])],
  ['gives int32 [1, 1, 2, 4, 9]', new Tensor('int32', new Int32Array(72), [1, 1, 2, 4, 9])],
  ['gives float32 [1, 4, 9]', new Tensor('float32', new Float32Array(36), [1, 4, 9])],
])('refuses a planner that %s', async (found, answer) => {
  const error: unknown = await plan(answer).planned.catch((reason: unknown) => reason);
  expect(errorKind(error)).toBe('ModelIntegrity');
  expect((error as Error).message).toContain(found);
  expect((error as Error).message).toContain('int32 [1, paths, 4, 2 or more]');
});
