/** A package with an upscaler in the real worker: sizes of frames, both backends, the next visit. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ServedDirectory } from '../../scripts/serve.mjs';
import { addUpscaler, upscalerGolden } from '../upscalerPackage';
import { openApp } from './openApp';
import type { Drawing } from './pipelinePage/page';
import { goldenClip, optionsOf } from './pipelineOptions';
import { buildPipelineSite, type PipelineSite } from './pipelineSite';

/** The software adapter compiles every shader on the CPU: minutes on a busy machine. */
const WEBGPU_MILLISECONDS = 600_000;

const CLIP = goldenClip('greedy');
const LARGE_BYTES = upscalerGolden.upscaledPixels ** 2 * 4;

let site: PipelineSite;
let served: ServedDirectory;
beforeAll(async () => {
  site = await buildPipelineSite();
  addUpscaler(site.copyPackage('upscaled'));
  served = await site.serve();
});
afterAll(async () => {
  await served.close();
  site.remove();
});

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close();
});

async function open(): Promise<{ page: Page; requests: string[]; errors: string[] }> {
  const { page, context, requests, errors } = await openApp({ url: served.url });
  opened.push(context);
  await page.waitForFunction(() => 'pipeline' in globalThis);
  return { page, requests, errors };
}

const finalFrames = ({ frames }: Drawing) => frames.filter(({ drawn }) => drawn === 1);

it('enlarges finished frames on WebAssembly, and the next visit fetches nothing again', async () => {
  const { page, requests, errors } = await open();
  const { loaded, progress } = await page.evaluate(() => pipeline.load('upscaled', 'wasm'));
  expect(loaded?.manifest.upscaledPixels).toBe(upscalerGolden.upscaledPixels);
  const bytes = progress.filter((message) => message.kind === 'file').at(-1);
  expect(bytes?.loadedBytes).toBe(bytes?.totalBytes);
  const drawing = await page.evaluate((options) => pipeline.generate(options), optionsOf(CLIP, 1));
  expect(drawing.failure).toBeUndefined();
  expect(drawing.result?.tokens.map(({ ids }) => ids)).toEqual(CLIP.rounds[0]);
  const final = finalFrames(drawing);
  expect(final).toHaveLength(9);
  expect(new Set(final.map((frame) => frame.bytes))).toEqual(new Set([LARGE_BYTES]));
  const drafts = drawing.frames.filter(({ drawn }) => drawn < 1);
  expect(drafts.length).toBeGreaterThan(0);
  expect(new Set(drafts.map((frame) => frame.bytes))).toEqual(new Set([32 * 32 * 4]));
  expect(drawing.result?.timings.upscaleMilliseconds).toBeGreaterThan(0);

  const fetched = requests.filter((address) => address.endsWith('/upscaler.onnx'));
  expect(fetched).toHaveLength(1);
  await page.evaluate(() => pipeline.terminate());
  const again = await page.evaluate(() => pipeline.load('upscaled', 'wasm'));
  expect(again.failure).toBeUndefined();
  expect(requests.filter((address) => address.endsWith('/upscaler.onnx'))).toHaveLength(1);
  expect(errors).toEqual([]);
});

it('stops a cancelled job and keeps the frames that were enlarged', async () => {
  const { page } = await open();
  await page.evaluate(() => pipeline.load('upscaled', 'wasm'));
  const options = optionsOf(CLIP, 3);
  const drawing = await page.evaluate((o) => pipeline.generate(o, 16), options);
  expect(drawing.result?.outcome).toBe('cancelled');
  const slots = finalFrames(drawing).map(({ slot }) => slot);
  expect(slots.sort((a, b) => a - b)).toEqual(drawing.result?.slots);
  expect(finalFrames(drawing).every((frame) => frame.bytes === LARGE_BYTES)).toBe(true);
});

it('draws on WebGPU what it draws on WebAssembly', { timeout: WEBGPU_MILLISECONDS }, async () => {
  const means = async (backend: 'wasm' | 'webgpu'): Promise<number[]> => {
    const { page } = await open();
    const { loaded, failure } = await page.evaluate(
      (name) => pipeline.load('upscaled', name),
      backend,
    );
    expect(failure).toBeUndefined();
    expect(loaded?.backend.backend).toBe(backend);
    const drawing = await page.evaluate((o) => pipeline.generate(o), optionsOf(CLIP, 0));
    expect(drawing.failure).toBeUndefined();
    const final = finalFrames(drawing);
    expect(final.map((frame) => frame.bytes)).toEqual(Array<number>(5).fill(LARGE_BYTES));
    return final.flatMap((frame) => frame.rowMeans);
  };
  const wasm = await means('wasm');
  const webgpu = await means('webgpu');
  expect(Math.max(...wasm) - Math.min(...wasm)).toBeGreaterThan(5);
  const difference = wasm.map((mean, row) => Math.abs(mean - webgpu[row]!));
  expect(Math.max(...difference)).toBeLessThan(1);
});
