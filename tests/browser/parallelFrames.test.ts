/** A package whose key frames trail one another by a lag, in the real worker: in parallel on WebGPU,
 *  else one after the other. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServedDirectory } from '../../scripts/serve.mjs';
import type { GenerationOptions } from '../../src/shared/options';
import { CELL_BY_CELL } from '../../workers/runtime/passesOn';
import { drawInParallel } from '../maskedPackage';
import { CELLS } from '../parity/maskedModel';
import { addRanker } from '../rankerPackage';
import { generateVideo, loadNodeModel, nodeJob } from '../parity/nodePipeline';
import { newContext, openApp } from './openApp';
import { goldenClip, optionsOf } from './pipelineOptions';
import { buildPipelineSite, type PipelineSite } from './pipelineSite';
import { countReadBacks, readBacks } from './readBacks';

/** The software adapter compiles every shader on the CPU: minutes on a busy machine. */
const WEBGPU_MILLISECONDS = 600_000;

const GREEDY = goldenClip('greedy');
const LAG = 5;
/** Waves of five frames. */
const WAVES = CELLS + 4 * LAG;
/** Dispatches that keep a wave's rows: four of the eight caches each. */
const CACHE_GROUPS = 2;
/** Cells of a grid row: tokens come back after so many waves. */
const GRID = 4;

let site: PipelineSite;
let served: ServedDirectory;
let folder: string;
beforeAll(async () => {
  site = await buildPipelineSite();
  folder = site.copyPackage('parallel');
  drawInParallel(folder, LAG);
  addRanker(folder, { candidateChoice: 'frame' });
  served = await site.serve();
});
afterAll(async () => {
  await served.close();
  site.remove();
});

/** What Node draws either way, as PyTorch does (tests/parity/masked.test.ts). */
async function drawInNode(options: GenerationOptions, lag: number): Promise<number[][]> {
  const model = await loadNodeModel(folder);
  try {
    const job = nodeJob(model, options, undefined, CELL_BY_CELL, lag);
    return (await generateVideo(job.context)).tokens.map(({ ids }) => [...ids]);
  } finally {
    await model.release();
  }
}

it.each(['wasm', 'webgpu'] as const)(
  'draws the key frames of Node on %s',
  { timeout: WEBGPU_MILLISECONDS },
  async (backend) => {
    const onDevice = backend === 'webgpu';
    const lag = onDevice ? LAG : 0;
    const context = await newContext();
    await countReadBacks(context);
    const { page, errors } = await openApp({ url: served.url, context });
    await page.waitForFunction(() => 'pipeline' in globalThis);
    const loading = await page.evaluate((name) => pipeline.load('parallel', name), backend);
    expect(loading.failure).toBeUndefined();

    const options = { ...optionsOf(GREEDY, 0), parallel: true };
    const before = await readBacks(page);
    const drawing = await page.evaluate((o) => pipeline.generate(o), options);
    const after = await readBacks(page);
    expect(drawing.failure).toBeUndefined();
    expect(drawing.result?.timings.keyframeSteps).toBe(onDevice ? WAVES : 5 * CELLS);
    const tokens = drawing.result?.tokens.map(({ ids }) => ids);
    expect(tokens).toEqual(await drawInNode(options, lag));
    if (onDevice) {
      expect(after.tokens - before.tokens).toBe(Math.ceil(WAVES / GRID));
      // Pixels of each frame on its way to the page, and the texts' summaries; no logits, no hints.
      expect(after.others - before.others).toBeLessThanOrEqual(drawing.frames.length + 1);
      // Waves are recorded: what is bound anew are the shaders around a run, and the pixels' kernels.
      const own = 3 + CACHE_GROUPS;
      const pixels = 60 * drawing.frames.length;
      expect(after.bindGroups - before.bindGroups).toBeLessThan(2 * own * WAVES + pixels);
    }

    // Two candidates of a guided clip, of which both go on from the better after every frame.
    const chosen = { ...options, temperature: 0.8, topK: 20, guidance: 2, seed: 3, candidates: 2 };
    const other = await page.evaluate((o) => pipeline.generate(o), chosen);
    expect(other.failure).toBeUndefined();
    expect(other.result?.tokens.map(({ ids }) => ids)).toEqual(await drawInNode(chosen, lag));

    const cancelled = await page.evaluate((o) => pipeline.generate(o, 0), {
      ...optionsOf(GREEDY, 1),
      parallel: true,
    });
    expect(cancelled.result?.outcome).toBe('cancelled');
    const again = await page.evaluate((o) => pipeline.generate(o), options);
    expect(again.result?.tokens.map(({ ids }) => ids)).toEqual(tokens);
    expect(errors).toEqual([]);
    await context.close();
  },
);
