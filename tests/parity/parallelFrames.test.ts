/** Jobs whose key frames are drawn in parallel, in main memory (tokens of single frames: masked.test.ts). */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FlipbookError } from '../../src/shared/errors';
import type { SamplingDefaults } from '../../src/shared/manifest';
import type { GenerationOptions } from '../../src/shared/options';
import { CELL_BY_CELL } from '../../workers/runtime/passesOn';
import type { DrawnFrame, FrameTokens } from '../../workers/stages/context';
import { generateKeyframes } from '../../workers/stages/generateKeyframes';
import { tokenizePrompt } from '../../workers/stages/tokenizePrompt';
import { waveCandidatesThatFit } from '../../workers/stages/windowsThatFit';
import { drawInParallel } from '../maskedPackage';
import { addRanker, rankerGolden } from '../rankerPackage';
import { CELLS } from './maskedModel';
import { generateVideo, loadNodeModel, MICRO_FOLDER, nodeJob } from './nodePipeline';
import type { NodeJob, NodeModel } from './nodePipeline';

const { prompt, guidance, temperature, topK, keyRate, candidates, parallel } = rankerGolden;
const LAG = parallel.lag;
const WAVES = CELLS + 4 * LAG;
const GRID = 4;

const folder = mkdtempSync(join(tmpdir(), 'flipbook-parallel-'));
let model: NodeModel;
beforeAll(async () => {
  cpSync(MICRO_FOLDER, folder, { recursive: true });
  drawInParallel(folder, LAG);
  addRanker(folder);
  const loaded = await loadNodeModel(folder);
  // Python reads a prompt as it is; without a word list nothing is left out of it here either.
  model = { ...loaded, manifest: { ...loaded.manifest, knownWords: { en: [], zh: [] } } };
});
afterAll(async () => {
  await model.release();
  rmSync(folder, { recursive: true });
});

const WISH = { prompt, guidance, temperature, topK, keyRate, rounds: 0, seed: parallel.seed };

function job(
  options: Partial<GenerationOptions>,
  sampling: Partial<SamplingDefaults> = {},
): NodeJob {
  const manifest = { ...model.manifest, sampling: { ...model.manifest.sampling, ...sampling } };
  const wish = { ...WISH, ...options };
  return nodeJob({ ...model, manifest }, wish, undefined, CELL_BY_CELL, LAG);
}

async function tokensOf({ context }: NodeJob): Promise<number[][]> {
  return (await generateVideo(context)).tokens.map(({ ids }) => [...ids]);
}

it('goes on from the best of every frame as Python does, with what it has of the later ones', async () => {
  const choosing = job({ candidates }, { candidateChoice: 'frame' });
  expect(await tokensOf(choosing)).toEqual(parallel.keyFrames);
  const atTheEnd = job({ candidates }, { candidateChoice: 'clip' });
  expect(await tokensOf(atTheEnd)).not.toEqual(parallel.keyFrames);
  // A frame that was chosen is shown no second time when the last one is.
  const finished = choosing.progress.filter(
    (message) => message.kind === 'frame' && message.drawn === 1,
  );
  const slots = finished.map((message) => (message.kind === 'frame' ? message.slot : -1));
  expect(new Set(slots)).toEqual(new Set([0, 1, 2, 3, 4]));
  expect(slots.slice(slots.indexOf(4) + 1).filter((slot) => slot !== 4)).toEqual([]);
});

it('takes as many steps as there are waves, whatever the candidates', async () => {
  const { context, progress } = job({ candidates });
  const { timings } = await generateVideo(context);
  expect(timings.keyframeSteps).toBe(WAVES);
  const cells = progress.filter((message) => message.kind === 'cells');
  const all = candidates * 5 * CELLS;
  expect(cells.at(-1)).toMatchObject({ doneCells: all, totalCells: all, secondsLeft: 0 });
  expect(cells.every(({ secondsLeft }) => secondsLeft >= 0 && secondsLeft < 1e6)).toBe(true);
});

it('draws the same candidates whether they fit into memory or take turns', async () => {
  const chosen = { candidateChoice: 'clip' } as const;
  const together = await tokensOf(job({ candidates }, chosen));
  const { context, ...own } = job({ candidates }, chosen);
  expect(waveCandidatesThatFit(guidance, { manifest: model.manifest, cacheBytes: 1 })).toBe(1);
  expect(await tokensOf({ ...own, context: { ...context, cacheBytes: 1 } })).toEqual(together);
});

it('shows drafts of all frames while they are drawn, and each frame when it is finished', async () => {
  const { context } = job({ candidates: 1 });
  const text = await tokenizePrompt(prompt, context);
  const drawing = generateKeyframes({ text, storyboard: undefined }, context);
  const shown: DrawnFrame[] = [];
  let frames: FrameTokens | undefined;
  while (!frames) {
    const { done, value } = await drawing.next();
    if (done) frames = value;
    else shown.push(value);
  }
  const finished = shown.filter(({ drawnCells }) => drawnCells === CELLS);
  expect(finished.map(({ slot }) => slot)).toEqual([0, 1, 2, 3, 4]);
  for (const { slot, tokens, greyFrom } of finished) {
    expect(tokens).toBe(frames.get(slot));
    expect(greyFrom).toBe(CELLS);
  }
  const drafts = shown.filter(({ drawnCells }) => drawnCells < CELLS);
  expect(drafts.length).toBeLessThanOrEqual(Math.floor(WAVES / GRID));
  expect(new Set(drafts.map(({ slot }) => slot)).size).toBeGreaterThan(2);
  for (const { slot, tokens, drawnCells, greyFrom } of drafts) {
    // Its own cells, then those that frames before it are ahead by.
    const ahead = Math.min(CELLS, drawnCells + slot * LAG);
    expect(greyFrom).toBe(ahead);
    expect([...tokens.slice(0, drawnCells)]).toEqual([...frames.get(slot)!.slice(0, drawnCells)]);
    if (slot === 0) continue;
    const before = Math.min(CELLS, drawnCells + LAG);
    expect([...tokens.slice(drawnCells, before)]).toEqual([
      ...frames.get(slot - 1)!.slice(drawnCells, before),
    ]);
  }
});

it('cancelled between two waves keeps the frames that are finished', async () => {
  const { context, abort } = job({ candidates: 1 });
  let breaths = 0;
  const breathe = async (): Promise<void> => {
    await context.breathe();
    // Behind the second frame's last wave.
    if (context.meter && ++breaths > CELLS + LAG + 6) {
      abort.abort(new FlipbookError('Cancelled', 'The clip was cancelled.'));
    }
  };
  const result = await generateVideo({ ...context, breathe });
  expect(result.outcome).toBe('cancelled');
  expect(result.slots.slice(0, 1)).toEqual([0]);
  expect(result.slots.length).toBeLessThan(5);
  expect(await tokensOf(job({ candidates: 1 }))).toHaveLength(5);
});
