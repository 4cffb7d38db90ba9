/** The micro package with key frames that read the text in every run (training/export/text_summary_fixture.py). */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GraphManifest } from '../src/shared/manifest';

const FIXTURE = fileURLToPath(new URL('fixtures/textSummary', import.meta.url));

/** Puts that graph into a copy of the micro package. */
export function readTextInEveryRun(folder: string): void {
  copyFileSync(join(FIXTURE, 'keyframes.onnx'), join(folder, 'keyframes.onnx'));
  const path = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as {
    graphs: Record<string, GraphManifest>;
  };
  const entry = readFileSync(join(FIXTURE, 'graph.json'), 'utf8');
  manifest.graphs['keyframes'] = JSON.parse(entry) as GraphManifest;
  writeFileSync(path, JSON.stringify(manifest));
}
