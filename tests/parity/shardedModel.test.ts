/** The same converted model as 1, 2 and 4 shards draws the same tokens through the runner. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { expect, it } from 'vitest';
import type { ModelManifest } from '../../src/shared/manifest';
import { readGraphBytes } from '../../workers/runtime/graphBytes';
import { OnnxGraph } from '../../workers/runtime/onnxGraph';
import { OrtRuntime } from '../../workers/runtime/ortRuntime';
import { TransformerRunner } from '../../workers/runtime/transformerRunner';
import { INTERPOLATION_ORDER } from '../../workers/sampling/schedule';

const FOLDER = fileURLToPath(new URL('../fixtures/shards', import.meta.url));
const runtime = new OrtRuntime(ort, { backend: 'wasm', detail: 'Node' }, 'cpu');

interface Drawn {
  tokens: number[];
  logits: number[];
  files: number;
}

/** The likeliest tokens of the first generated frame, from text and three given frames. */
async function draw(shards: number): Promise<Drawn> {
  const folder = `${FOLDER}/${shards}`;
  const manifest = JSON.parse(await readFile(`${folder}/manifest.json`, 'utf8')) as ModelManifest;
  const { interpolation } = manifest.graphs;
  const bytes = await readGraphBytes(interpolation, ({ path }) => readFile(`${folder}/${path}`));
  const graph = await OnnxGraph.create('interpolation', runtime, interpolation, bytes, {
    where: 'cpu',
  });
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
  const drawn: Drawn = { tokens: [], logits: [], files: interpolation.files.length };
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
