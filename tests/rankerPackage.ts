/** The micro package with the test ranker (training/export/ranker_fixture.py) added to it. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIXTURE = fileURLToPath(new URL('fixtures/ranker', import.meta.url));

/** A clip as Python draws it, and what its ranker thinks of each candidate. */
export interface RankerGolden {
  /** Of the micro package that the clip was drawn with. */
  manifestSha256: string;
  /** Entry of the manifest. */
  graph: Record<string, unknown>;
  prompt: string;
  seed: number;
  keyRate: number;
  guidance: number;
  temperature: number;
  topK: number;
  candidates: number;
  /** Tokens [candidates, 5, cells]. */
  keyFrames: number[][][];
  /** Nats. */
  scores: number[];
  best: number;
  /** Tokens of the best candidate after one round. */
  clip: number[][];
  /** Tokens after one round when the best is chosen after every key frame. */
  chosenClip: number[][];
  /** Tokens of the key frames that trail one another by `lag`, with the graphs of masked cells, when the
   *  best is chosen after every one [5, cells]. */
  parallel: { seed: number; lag: number; keyFrames: number[][] };
  /** Scores of the first 1, 2, ... key frames of chosenClip, in nats. */
  beginnings: number[];
}

export const rankerGolden = JSON.parse(
  readFileSync(join(FIXTURE, 'golden.json'), 'utf8'),
) as RankerGolden;

/** Puts the ranker into a copy of the micro package.
 *  @param changes of the manifest's sampling. */
export function addRanker(folder: string, changes: object = {}): void {
  copyFileSync(join(FIXTURE, 'ranker.onnx'), join(folder, 'ranker.onnx'));
  const path = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as {
    graphs: Record<string, unknown>;
    sampling: object;
  };
  manifest.graphs['ranker'] = rankerGolden.graph;
  manifest.sampling = { ...manifest.sampling, ...changes };
  writeFileSync(path, JSON.stringify(manifest));
}
