/** Several candidates of the key frames: the choice, scores and clip of Python. */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CACHE_BYTES } from '../../workers/stages/context';
import { keyFrameScores, rankKeyFrames } from '../../workers/stages/rankKeyFrames';
import { tokenizePrompt } from '../../workers/stages/tokenizePrompt';
import { addRanker, rankerGolden as golden } from '../rankerPackage';
import { generateVideo, loadNodeModel, MICRO_FOLDER, nodeJob } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

const folder = mkdtempSync(join(tmpdir(), 'flipbook-ranker-'));
let model: NodeModel;
beforeAll(async () => {
  cpSync(MICRO_FOLDER, folder, { recursive: true });
  addRanker(folder);
  const loaded = await loadNodeModel(folder);
  // Python reads a prompt as it is; without a word list nothing is left out of it here either.
  model = { ...loaded, manifest: { ...loaded.manifest, knownWords: { en: [], zh: [] } } };
});
afterAll(async () => {
  await model.release();
  rmSync(folder, { recursive: true });
});

const { prompt, seed, guidance, temperature, topK, keyRate, candidates } = golden;
const WISH = { prompt, seed, guidance, temperature, topK, keyRate };
const all = golden.keyFrames.map((frames) => frames.map((tokens) => Int32Array.from(tokens)));

/** The model with the ranker choosing after every frame. */
function choosingFrames(): NodeModel {
  const sampling = { ...model.manifest.sampling, candidateChoice: 'frame' as const };
  return { ...model, manifest: { ...model.manifest, sampling } };
}

async function draw(count: number, rounds: number, cacheBytes = CACHE_BYTES, drawing = model) {
  const { context, progress } = nodeJob(drawing, { ...WISH, candidates: count, rounds });
  const result = await generateVideo({ ...context, cacheBytes });
  return { tokens: result.tokens.map(({ ids }) => [...ids]), progress, result };
}

it('is the fixture of this micro package', () => {
  const manifest = readFileSync(join(MICRO_FOLDER, 'manifest.json'));
  expect(createHash('sha256').update(manifest).digest('hex')).toBe(golden.manifestSha256);
});

it('gives the scores of Python', async () => {
  const { context } = nodeJob(model, WISH);
  const text = await tokenizePrompt(prompt, context);
  const scores = await keyFrameScores(text, all, context);
  golden.scores.forEach((score, index) => expect(scores[index]).toBeCloseTo(score, 3));
  expect(await rankKeyFrames(text, all, context)).toBe(golden.best);
});

it('draws the clip that Python keeps, whether the candidates fit into memory or take turns', async () => {
  const together = await draw(candidates, 1);
  expect(together.tokens).toEqual(golden.clip);
  const inTurns = await draw(candidates, 1, 1);
  expect(inTurns.tokens).toEqual(golden.clip);
  expect(inTurns.result.timings.keyframeSteps).toBe(3 * together.result.timings.keyframeSteps);
});

it('goes on from the best of every frame as Python does, and judges beginnings alike', async () => {
  const { tokens, progress } = await draw(candidates, 1, CACHE_BYTES, choosingFrames());
  expect(tokens).toEqual(golden.chosenClip);
  const { context } = nodeJob(model, WISH);
  const text = await tokenizePrompt(prompt, context);
  const frames = golden.chosenClip.filter((_, index) => index % 2 === 0);
  for (const [last, wanted] of golden.beginnings.entries()) {
    const beginning = frames.slice(0, last + 1).map((ids) => Int32Array.from(ids));
    const [score] = await keyFrameScores(text, [beginning], context);
    expect(score).toBeCloseTo(wanted, 3);
  }
  // Candidate 0 is shown; where another one is kept, its frame follows.
  const finished = progress.filter((message) => message.kind === 'frame' && message.drawn === 1);
  const keySlots = finished.map((message) => (message.kind === 'frame' ? message.slot : -1));
  expect([...new Set(keySlots.slice(0, -4))].sort()).toEqual([0, 2, 4, 6, 8]);
  expect(keySlots.length).toBeGreaterThan(9);
});

it('chooses among whole clips of batches that take turns', async () => {
  // One candidate a batch leaves no choice within it: the clip is that of the choice in the end.
  const inTurns = await draw(candidates, 1, 1, choosingFrames());
  expect(inTurns.tokens).toEqual(golden.clip);
});

it('shows candidate 0 while it draws, then the best', async () => {
  const { progress, tokens } = await draw(candidates, 0);
  expect(tokens).toEqual(golden.keyFrames[golden.best]);
  const finished = progress.filter((message) => message.kind === 'frame' && message.drawn === 1);
  expect(finished.map((message) => message.kind === 'frame' && message.slot)).toEqual([
    0, 1, 2, 3, 4, 0, 1, 2, 3, 4,
  ]);
  const cells = progress.filter((message) => message.kind === 'cells');
  const last = cells.at(-1)!;
  expect(last.doneCells).toBe(last.totalCells);
  expect(last.jobDoneCells).toBe(last.jobTotalCells);
  expect(last.totalCells).toBe(candidates * 5 * model.manifest.grid ** 2);
  expect(cells.every(({ secondsLeft }) => secondsLeft >= 0)).toBe(true);
});

it('draws one candidate as a package without a ranker does, and does not ask the ranker', async () => {
  const plain = await loadNodeModel();
  const { context } = nodeJob(
    { ...plain, manifest: { ...plain.manifest, knownWords: { en: [], zh: [] } } },
    { ...WISH, rounds: 0 },
  );
  const wanted = (await generateVideo(context)).tokens.map(({ ids }) => [...ids]);
  expect(wanted).toEqual(golden.keyFrames[0]);
  const unranked = { ...model.graphs };
  delete unranked.ranker;
  const { context: single } = nodeJob({ ...model, graphs: unranked }, { ...WISH, rounds: 0 });
  expect((await generateVideo(single)).tokens.map(({ ids }) => [...ids])).toEqual(wanted);
  await plain.release();
});
