/** A random release as the converter packs it (training/tests/converted_fixture.py). */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelManifest } from '../src/shared/manifest';

const FIXTURE = fileURLToPath(new URL('fixtures/converted', import.meta.url));

/** Into how many shards each of its transformers is cut. */
export const SHARD_COUNTS = [1, 2, 4] as const;

/** What the sentencepiece library makes of texts; the pipeline reads the cut ones. */
export const convertedGolden = JSON.parse(readFileSync(join(FIXTURE, 'golden.json'), 'utf8')) as {
  offset: number;
  texts: { text: string; ids: number[]; cutIds: number[] }[];
};

/** Puts the package of so many shards into a folder; `residentShards` of them are loaded at a time,
 *  by default all. */
export function writeConvertedPackage(
  folder: string,
  shards: (typeof SHARD_COUNTS)[number],
  residentShards?: number,
): void {
  for (const part of ['common', String(shards)]) {
    cpSync(join(FIXTURE, part), folder, { recursive: true });
  }
  if (residentShards === undefined) return;
  const path = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as ModelManifest;
  const { keyframes, interpolation, upscaler } = manifest.graphs;
  for (const graph of [keyframes, interpolation, upscaler!]) graph.residentShards = residentShards;
  writeFileSync(path, JSON.stringify(manifest));
}
