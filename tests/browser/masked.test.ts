/** A package that can draw masked cells, in the real worker: in passes on WebGPU, else by cells. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServedDirectory } from '../../scripts/serve.mjs';
import type { GenerationOptions } from '../../src/shared/options';
import { drawMaskedCells } from '../maskedPackage';
import { generateVideo, loadNodeModel, nodeJob } from '../parity/nodePipeline';
import { newContext, openApp } from './openApp';
import { goldenClip, optionsOf } from './pipelineOptions';
import { buildPipelineSite, type PipelineSite } from './pipelineSite';
import { countReadBacks, readBacks } from './readBacks';

/** The software adapter compiles every shader on the CPU: minutes on a busy machine. */
const WEBGPU_MILLISECONDS = 600_000;

const PASSES = 5;
const GREEDY = goldenClip('greedy');

let site: PipelineSite;
let served: ServedDirectory;
/** What Node draws either way. */
let clips: Record<'wasm' | 'webgpu', number[][]>;
beforeAll(async () => {
  site = await buildPipelineSite();
  const folder = site.copyPackage('masked');
  drawMaskedCells(folder);
  const options = optionsOf(GREEDY, 1);
  clips = {
    wasm: await drawInNode(folder, options, 0),
    webgpu: await drawInNode(folder, options, PASSES),
  };
  expect(clips.wasm).not.toEqual(clips.webgpu);
  served = await site.serve();
});
afterAll(async () => {
  await served.close();
  site.remove();
});

async function drawInNode(
  folder: string,
  options: GenerationOptions,
  passes: number,
): Promise<number[][]> {
  const model = await loadNodeModel(folder);
  try {
    const { tokens } = await generateVideo(nodeJob(model, options, undefined, passes).context);
    return tokens.map(({ ids }) => [...ids]);
  } finally {
    await model.release();
  }
}

it.each(['wasm', 'webgpu'] as const)(
  'draws the clip of Node on %s',
  { timeout: WEBGPU_MILLISECONDS },
  async (backend) => {
    const context = await newContext();
    await countReadBacks(context);
    const { page, errors } = await openApp({ url: served.url, context });
    await page.waitForFunction(() => 'pipeline' in globalThis);
    const loading = await page.evaluate((name) => pipeline.load('masked', name), backend);
    expect(loading.failure).toBeUndefined();
    expect(loading.loaded?.backend.backend).toBe(backend);

    const before = await readBacks(page);
    const drawing = await page.evaluate((o) => pipeline.generate(o), optionsOf(GREEDY, 1));
    const after = await readBacks(page);
    expect(drawing.failure).toBeUndefined();
    expect(drawing.result?.timings).toMatchObject({
      keyframeSteps: 80,
      interpolationSteps: backend === 'webgpu' ? PASSES : 2 * 16,
    });
    // PyTorch drew these key frames; the frames between are others than those of its clip.
    const tokens = drawing.result?.tokens.map(({ ids }) => ids);
    expect(tokens?.filter((_, slot) => slot % 2 === 0)).toEqual(GREEDY.keyFrames);
    expect(tokens).toEqual(clips[backend]);
    if (backend === 'webgpu') {
      // Key frames are still drawn on the device, a row of tokens at a time.
      expect(after.tokens - before.tokens).toBe(5 * 4);
      // Pixels of each frame on its way to the page, the texts' summaries, and of the round's runs
      // (a prefill and the passes) logits and the hints that are compared with all codes.
      const others = after.others - before.others;
      expect(others).toBeGreaterThanOrEqual(PASSES);
      expect(others).toBeLessThanOrEqual(drawing.frames.length + 1 + 2 * (1 + PASSES));
    }

    const job = optionsOf(GREEDY, 2);
    const cancelled = await page.evaluate((o) => pipeline.generate(o, 2), job);
    expect(cancelled.result?.outcome).toBe('cancelled');
    expect(cancelled.result?.slots.length).toBeLessThan(17);
    const again = await page.evaluate((o) => pipeline.generate(o), optionsOf(GREEDY, 1));
    expect(again.result?.tokens.map(({ ids }) => ids)).toEqual(clips[backend]);
    expect(errors).toEqual([]);
    await context.close();
  },
);
