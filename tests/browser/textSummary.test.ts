/** Key frames of packages of before, which read the text in every run, in the real worker. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServedDirectory } from '../../scripts/serve.mjs';
import { readTextInEveryRun } from '../textSummaryPackage';
import { openApp } from './openApp';
import { goldenClip, optionsOf } from './pipelineOptions';
import { buildPipelineSite, type PipelineSite } from './pipelineSite';

/** The software adapter compiles every shader on the CPU: minutes on a busy machine. */
const WEBGPU_MILLISECONDS = 600_000;

let site: PipelineSite;
let served: ServedDirectory;
beforeAll(async () => {
  site = await buildPipelineSite();
  readTextInEveryRun(site.copyPackage('every-run'));
  served = await site.serve();
});
afterAll(async () => {
  await served.close();
  site.remove();
});

it.each(['wasm', 'webgpu'] as const)(
  'draws the key frames of the graph that reads the text once, on %s',
  { timeout: WEBGPU_MILLISECONDS },
  async (backend) => {
    const { page, context, errors } = await openApp({ url: served.url });
    await page.waitForFunction(() => 'pipeline' in globalThis);
    const loading = await page.evaluate((name) => pipeline.load('every-run', name), backend);
    expect(loading.failure).toBeUndefined();
    expect(loading.loaded?.backend.backend).toBe(backend);
    // PyTorch drew this clip, and with it the micro package's own graph (pipeline.test.ts).
    const clip = goldenClip('greedy');
    const drawing = await page.evaluate((o) => pipeline.generate(o), optionsOf(clip, 0));
    expect(drawing.failure).toBeUndefined();
    expect(drawing.result?.tokens.map(({ ids }) => ids)).toEqual(clip.keyFrames);
    expect(errors).toEqual([]);
    await context.close();
  },
);
