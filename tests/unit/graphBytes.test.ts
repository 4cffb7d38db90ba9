import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ModelFile, ModelManifest } from '../../src/shared/manifest';
import { packageFiles } from '../../src/shared/packageFiles';
import { parseManifest } from '../../src/shared/parseManifest';
import { readShardBytes } from '../../workers/runtime/graphBytes';

const MICRO = fileURLToPath(new URL('../fixtures/models/micro/', import.meta.url));
const WEIGHTS: ModelFile = { path: 'base.weights', bytes: 3, sha256: 'a'.repeat(64) };

async function sharedManifest(change = (_: ModelManifest): void => undefined) {
  const manifest = JSON.parse(await readFile(`${MICRO}manifest.json`, 'utf8')) as ModelManifest;
  manifest.graphs.keyframes.weights = [WEIGHTS];
  manifest.graphs.interpolation.weights = [WEIGHTS];
  change(manifest);
  return parseManifest(manifest);
}

describe('weights that graphs share', () => {
  it('follow the bytes of the graph', async () => {
    const { keyframes } = (await sharedManifest()).graphs;
    const read = (file: ModelFile) =>
      Promise.resolve(new Uint8Array(file.path === WEIGHTS.path ? [7, 8, 9] : [1, 2]));
    expect(await readShardBytes(keyframes, 0, read)).toEqual(new Uint8Array([1, 2, 7, 8, 9]));
  });

  it('are counted once', async () => {
    const paths = packageFiles(await sharedManifest()).map((file) => file.path);
    expect(paths.filter((path) => path === WEIGHTS.path)).toHaveLength(1);
    expect(paths).toContain('decoder.onnx');
  });

  it('belong one to each shard', async () => {
    const shard = (path: string): ModelFile => ({ ...WEIGHTS, path });
    const { keyframes } = (
      await sharedManifest(({ graphs }) => {
        graphs.keyframes.files = [shard('a.onnx'), shard('b.onnx')];
        graphs.keyframes.weights = [shard('a.weights'), shard('b.weights')];
        graphs.keyframes.graphCapture = false;
      })
    ).graphs;
    const read = ({ path }: ModelFile) => Promise.resolve(new TextEncoder().encode(path));
    const found = async (index: number) =>
      new TextDecoder().decode(await readShardBytes(keyframes, index, read));
    expect(await found(0)).toBe('a.onnxa.weights');
    expect(await found(1)).toBe('b.onnxb.weights');
  });

  it('must be as many as the shards', async () => {
    const shards = sharedManifest(({ graphs }) => graphs.keyframes.files.push(WEIGHTS));
    await expect(shards).rejects.toThrow(
      'graphs.keyframes.weights must be one for each of 2 files',
    );
  });
});
