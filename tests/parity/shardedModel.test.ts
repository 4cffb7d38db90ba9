/**
 * The same converted model as 1, 2 and 4 shards draws the same tokens through the runner, also where
 * only some of the shards may be loaded at a time. The browser's twin: tests/browser/shards.test.ts.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { errorKind } from '../../src/shared/errors';
import { OnnxGraph } from '../../workers/runtime/onnxGraph';
import { OrtRuntime } from '../../workers/runtime/ortRuntime';
import { TransformerRunner } from '../../workers/runtime/transformerRunner';
import { INTERPOLATION_ORDER } from '../../workers/sampling/schedule';
import { drawShards, shardManifest, shardReader } from '../shardDrawing';
import type { ShardDrawing, ShardPlan } from '../shardDrawing';

const FOLDER = fileURLToPath(new URL('../fixtures/shards', import.meta.url));
const read = (path: string): Promise<Uint8Array> => readFile(`${FOLDER}/${path}`);
const runtime = new OrtRuntime(ort, { backend: 'wasm', detail: 'Node' }, 'cpu');

const draw = (plan: ShardPlan): Promise<ShardDrawing> => drawShards(runtime, plan, read);

it('draws the same tokens from 1, 2 and 4 shards', async () => {
  const one = await draw({ shards: 1 });
  expect(one.files).toBe(2); // word rows and one shard
  expect(new Set(one.tokens).size, one.tokens.join(' ')).toBeGreaterThan(3);
  for (const shards of [2, 4]) {
    const found = await draw({ shards });
    expect(found.files).toBe(1 + shards);
    expect(found.tokens).toEqual(one.tokens);
    expect(found.logits).toEqual(one.logits);
  }
});

it.each([1, 2, 3, 4])(
  'draws the same tokens with at most %i of 4 shards loaded',
  async (residentShards) => {
    const whole = await draw({ shards: 4 });
    expect(whole.sessions).toEqual({ now: 0, most: 5, made: 5 });
    const { tokens, logits, sessions, runs } = await draw({ shards: 4, residentShards });
    expect(tokens).toEqual(whole.tokens);
    expect(logits).toEqual(whole.logits);
    // The look-up, in main memory, is no shard.
    expect(sessions.most).toBe(1 + residentShards);
    expect(sessions.now).toBe(0);
    // The last place serves 4 - (residentShards - 1) shards, each loaded once more in every run.
    const inTurn = residentShards === 4 ? 0 : 4 - (residentShards - 1);
    expect(sessions.made).toBe(5 + runs * inTurn);
  },
);

it('says which file a later run could not read', async () => {
  const manifest = await shardManifest(2, read);
  const interpolation = { ...manifest.graphs.interpolation, residentShards: 1 };
  const whole = shardReader(2, interpolation, read);
  let reads = 0;
  const graph = await OnnxGraph.create(
    'interpolation',
    runtime,
    interpolation,
    (index) => {
      if (++reads > interpolation.files.length) return Promise.resolve(Uint8Array.of(1, 2, 3));
      return whole(index);
    },
    { where: 'cpu' },
  );
  const runner = new TransformerRunner(graph, manifest, {
    texts: [Int32Array.of(60, manifest.ids.lineBreak)],
    windows: manifest.interpolationWindows,
    order: INTERPOLATION_ORDER,
    textBoost: 0,
  });
  const given = Array.from({ length: 3 }, () => new Int32Array(manifest.grid ** 2));
  const error: unknown = await runner.prefill([given]).catch((reason: unknown) => reason);
  expect(errorKind(error)).toBe('ModelIntegrity');
  expect((error as Error).message).toContain(interpolation.files[1]!.path);
  await graph.release();
  runner.dispose();
});
