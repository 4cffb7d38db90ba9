/** A package whose both stages can draw masked cells, in the real worker: in passes on WebGPU, in
 *  main memory the key frames cell by cell. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServedDirectory } from '../../scripts/serve.mjs';
import type { GenerationOptions } from '../../src/shared/options';
import type { StagePasses } from '../../workers/runtime/passesOn';
import { drawMaskedCells } from '../maskedPackage';
import { CELLS, KEY_FRAME_PASSES, PASSES } from '../parity/maskedModel';
import { generateVideo, loadNodeModel, nodeJob } from '../parity/nodePipeline';
import { newContext, openApp } from './openApp';
import { goldenClip, optionsOf } from './pipelineOptions';
import { buildPipelineSite, type PipelineSite } from './pipelineSite';
import { countReadBacks, readBacks } from './readBacks';

/** The software adapter compiles every shader on the CPU: minutes on a busy machine. */
const WEBGPU_MILLISECONDS = 600_000;

const IN_PASSES = { keyframes: KEY_FRAME_PASSES, interpolation: PASSES, rounds: Infinity };
const GREEDY = goldenClip('greedy');

let site: PipelineSite;
let served: ServedDirectory;
/** What Node draws either way, as PyTorch does (tests/parity/masked.test.ts). */
let clips: Record<'wasm' | 'webgpu', number[][]>;
beforeAll(async () => {
  site = await buildPipelineSite();
  const folder = site.copyPackage('masked');
  drawMaskedCells(folder);
  const options = optionsOf(GREEDY, 1);
  clips = {
    wasm: await drawInNode(folder, options, { ...IN_PASSES, keyframes: 0 }),
    webgpu: await drawInNode(folder, options, IN_PASSES),
  };
  expect(keyFramesOf(clips.wasm)).not.toEqual(keyFramesOf(clips.webgpu));
  served = await site.serve();
});
afterAll(async () => {
  await served.close();
  site.remove();
});

function keyFramesOf(clip: number[][]): number[][] {
  return clip.filter((_, slot) => slot % 2 === 0);
}

async function drawInNode(
  folder: string,
  options: GenerationOptions,
  passes: StagePasses,
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
    const onDevice = backend === 'webgpu';
    expect(drawing.result?.timings).toMatchObject({
      keyframeSteps: onDevice ? 5 * KEY_FRAME_PASSES : 5 * CELLS,
      interpolationSteps: PASSES,
    });
    const tokens = drawing.result?.tokens.map(({ ids }) => ids);
    expect(tokens).toEqual(clips[backend]);
    if (onDevice) {
      // Of each pass the tokens that it drew, and how sure of them it is.
      const passes = 5 * KEY_FRAME_PASSES + PASSES;
      expect(after.tokens - before.tokens).toBe(passes);
      // Pixels of each frame on its way to the page, the texts' summaries, and of every run (two
      // prefills, the passes, the runs that finish four key frames) the hints that are compared with
      // all codes; no logits.
      const others = after.others - before.others;
      expect(others).toBeLessThanOrEqual(drawing.frames.length + 2 + (2 + passes + 4));
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
