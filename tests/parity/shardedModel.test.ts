/**
 * The same converted model as 1, 2 and 4 shards draws the same tokens through the runner, also where
 * only some of the shards may be loaded at a time.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { errorKind } from '../../src/shared/errors';
import type { ModelManifest } from '../../src/shared/manifest';
import { readShardBytes } from '../../workers/runtime/graphBytes';
import { OnnxGraph } from '../../workers/runtime/onnxGraph';
import { OrtRuntime } from '../../workers/runtime/ortRuntime';
import type { OrtModule } from '../../workers/runtime/ortRuntime';
import { TransformerRunner } from '../../workers/runtime/transformerRunner';
import { INTERPOLATION_ORDER } from '../../workers/sampling/schedule';

const FOLDER = fileURLToPath(new URL('../fixtures/shards', import.meta.url));

/** Sessions that exist, or are being made or released. */
interface SessionCount {
  now: number;
  most: number;
  /** Ever made. */
  made: number;
}

/** onnxruntime itself, which also counts. */
function countingRuntime(count: SessionCount): OrtRuntime {
  const create = async (bytes: Uint8Array, options: ort.InferenceSession.SessionOptions) => {
    count.made++;
    count.most = Math.max(count.most, ++count.now);
    const session = await ort.InferenceSession.create(bytes, options);
    const release = session.release.bind(session);
    session.release = async () => {
      await release();
      count.now--;
    };
    return session;
  };
  const InferenceSession = { create } as OrtModule['InferenceSession'];
  const counting = { Tensor: ort.Tensor, InferenceSession } as OrtModule;
  return new OrtRuntime(counting, { backend: 'wasm', detail: 'Node' }, 'cpu');
}

interface Drawn {
  tokens: number[];
  logits: number[];
  files: number;
  runs: number;
  sessions: SessionCount;
}

/** The likeliest tokens of the first generated frame, from text and three given frames. */
async function draw(shards: number, residentShards?: number): Promise<Drawn> {
  const sessions = { now: 0, most: 0, made: 0 };
  const folder = `${FOLDER}/${shards}`;
  const manifest = JSON.parse(await readFile(`${folder}/manifest.json`, 'utf8')) as ModelManifest;
  const interpolation = {
    ...manifest.graphs.interpolation,
    ...(residentShards === undefined ? {} : { residentShards }),
  };
  const graph = await OnnxGraph.create(
    'interpolation',
    countingRuntime(sessions),
    interpolation,
    (index) => readShardBytes(interpolation, index, ({ path }) => readFile(`${folder}/${path}`)),
    { where: 'cpu' },
  );
  const runner = new TransformerRunner(graph, manifest, {
    texts: [Int32Array.of(60, 61, manifest.ids.lineBreak, 62)],
    windows: manifest.interpolationWindows,
    order: INTERPOLATION_ORDER,
    textBoost: 0,
  });
  const cells = manifest.grid ** 2;
  const given = [3, 5, 7].map((step) =>
    Int32Array.from({ length: cells }, (_, i) => (i * step) % 50),
  );
  const drawn: Drawn = {
    tokens: [],
    logits: [],
    files: interpolation.files.length,
    runs: 1 + cells,
    sessions,
  };
  try {
    await runner.prefill([given]);
    runner.ids.fill(manifest.ids.beginOfImage);
    for (let cell = 0; cell < cells; cell++) {
      const logits = await runner.step(given.length, cell);
      const token = logits.indexOf(Math.max(...logits));
      drawn.tokens.push(token);
      drawn.logits.push(...logits);
      // A tied head likes its input best: what is fed must change for tokens to change.
      runner.ids.fill((token + 3 * cell) % manifest.codes);
    }
  } finally {
    runner.dispose();
    await graph.release();
  }
  return drawn;
}

it('draws the same tokens from 1, 2 and 4 shards', async () => {
  const one = await draw(1);
  expect(one.files).toBe(2); // word rows and one shard
  expect(new Set(one.tokens).size, one.tokens.join(' ')).toBeGreaterThan(3);
  for (const shards of [2, 4]) {
    const found = await draw(shards);
    expect(found.files).toBe(1 + shards);
    expect(found.tokens).toEqual(one.tokens);
    expect(found.logits).toEqual(one.logits);
  }
});

it.each([1, 2, 3, 4])(
  'draws the same tokens with at most %i of 4 shards loaded',
  async (resident) => {
    const whole = await draw(4);
    expect(whole.sessions).toEqual({ now: 0, most: 5, made: 5 });
    const { tokens, logits, sessions, runs } = await draw(4, resident);
    expect(tokens).toEqual(whole.tokens);
    expect(logits).toEqual(whole.logits);
    // The look-up, in main memory, is no shard.
    expect(sessions.most).toBe(1 + resident);
    expect(sessions.now).toBe(0);
    // The last place serves 4 - (resident - 1) shards, each loaded once more in every run.
    const inTurn = resident === 4 ? 0 : 4 - (resident - 1);
    expect(sessions.made).toBe(5 + runs * inTurn);
  },
);

it('says which file a later run could not read', async () => {
  const folder = `${FOLDER}/2`;
  const manifest = JSON.parse(await readFile(`${folder}/manifest.json`, 'utf8')) as ModelManifest;
  const interpolation = { ...manifest.graphs.interpolation, residentShards: 1 };
  const sessions = { now: 0, most: 0, made: 0 };
  let reads = 0;
  const graph = await OnnxGraph.create(
    'interpolation',
    countingRuntime(sessions),
    interpolation,
    (index) => {
      if (++reads > interpolation.files.length) return Promise.resolve(Uint8Array.of(1, 2, 3));
      return readShardBytes(interpolation, index, ({ path }) => readFile(`${folder}/${path}`));
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
