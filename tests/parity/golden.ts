/** Golden files written by training/verify_export.py; see golden/README.md. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { MICRO_FOLDER } from './nodePipeline';

/** Reads one golden file; fails when it belongs to another export of the package. */
export function golden<Content>(name: string): Content {
  const text = readFileSync(new URL(`golden/${name}.json`, import.meta.url), 'utf8');
  const content = JSON.parse(text) as Content & { manifestSha256: string };
  const manifest = readFileSync(`${MICRO_FOLDER}/manifest.json`);
  const found = createHash('sha256').update(manifest).digest('hex');
  if (content.manifestSha256 !== found) {
    throw new Error(
      `golden/${name}.json is stale: run python -m training.verify_export --preset micro`,
    );
  }
  return content;
}
