/** The micro package with masked cells in both stages (training/export/masked_fixture.py). */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GraphManifest, SamplingDefaults } from '../src/shared/manifest';

const FIXTURE = fileURLToPath(new URL('fixtures/masked', import.meta.url));

/** What a manifest has of both its stages' drawing. */
interface Drawing {
  graphs: Record<string, GraphManifest>;
  sampling: Partial<SamplingDefaults>;
}

/** Lets a copy of the micro package draw key frames in parallel with graphs of masked cells, which it
 *  does not draw. */
export function drawInParallel(folder: string, keyFrameLag: number): void {
  drawMaskedCells(folder, { keyFrameLag }, [
    'keyFramePasses',
    'interpolationPasses',
    'choiceNoise',
  ]);
}

/** Lets a copy of the micro package draw masked cells.
 *  @param sampling what else its manifest says there, and what it does not say. */
export function drawMaskedCells(
  folder: string,
  sampling: Partial<SamplingDefaults> = {},
  without: readonly (keyof SamplingDefaults)[] = [],
): void {
  const path = join(folder, 'manifest.json');
  const read = (file: string): Drawing => JSON.parse(readFileSync(file, 'utf8')) as Drawing;
  const manifest = read(path);
  const masked = read(join(FIXTURE, 'manifest.json'));
  for (const { files } of Object.values(masked.graphs)) {
    for (const file of files) copyFileSync(join(FIXTURE, file.path), join(folder, file.path));
  }
  Object.assign(manifest.graphs, masked.graphs);
  Object.assign(manifest.sampling, masked.sampling, sampling);
  for (const name of without) delete manifest.sampling[name];
  writeFileSync(path, JSON.stringify(manifest));
}
