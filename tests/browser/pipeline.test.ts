/** The real worker in a real Chromium: whole jobs on both backends, cancel, refusals. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../scripts/launchChromium.mjs';
import type { ServedDirectory } from '../../scripts/serve.mjs';
import { newContext, openApp } from './openApp';
import { goldenClip, optionsOf } from './pipelineOptions';
import { buildPipelineSite, type PipelineSite } from './pipelineSite';
import { countReadBacks, readBacks } from './readBacks';

let site: PipelineSite;
let served: ServedDirectory;
beforeAll(async () => {
  site = await buildPipelineSite();
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

async function open(url = served.url): Promise<{ page: Page; errors: string[] }> {
  const { page, context, errors } = await openApp({ url });
  opened.push(context);
  await page.waitForFunction(() => 'pipeline' in globalThis);
  return { page, errors };
}

const CLIP = goldenClip('sampled');

/** The software adapter compiles every shader on the CPU: minutes on a busy machine. */
const WEBGPU_MILLISECONDS = 600_000;

describe('a whole job on WebAssembly', () => {
  it('draws the clip of PyTorch, frame by frame', async () => {
    const { page, errors } = await open();
    const { loaded, failure } = await page.evaluate(() => pipeline.load('micro', 'wasm'));
    expect(failure).toBeUndefined();
    expect(loaded?.backend.backend).toBe('wasm');
    expect(loaded?.storedIn).toBe('opfs');
    const { result, frames, progress, ...drawing } = await page.evaluate(
      (options) => pipeline.generate(options),
      optionsOf(CLIP, 2),
    );
    expect(drawing.failure).toBeUndefined();
    expect(result?.outcome).toBe('complete');
    expect(result?.tokens.map(({ ids }) => ids)).toEqual(CLIP.rounds[1]);
    const final = frames.filter(({ drawn }) => drawn === 1);
    expect(final).toHaveLength(17);
    expect(final.map(({ round }) => round)).toEqual([
      ...Array<number>(5).fill(0),
      ...Array<number>(4).fill(1),
      ...Array<number>(8).fill(2),
    ]);
    expect(final.every(({ bytes }) => bytes === 32 * 32 * 4)).toBe(true);
    expect(frames.some(({ drawn }) => drawn > 0 && drawn < 1)).toBe(true);
    const stages = progress.filter((message) => message.kind === 'stage');
    expect(stages.map(({ stage, round }) => `${stage} ${round}`)).toEqual([
      'tokenize 0',
      'keyframes 0',
      'interpolate 1',
      'interpolate 2',
    ]);
    const cells = progress.filter((message) => message.kind === 'cells').at(-1);
    expect(cells).toMatchObject({ jobDoneCells: 17 * 16, jobTotalCells: 17 * 16, secondsLeft: 0 });
    expect(result?.timings.keyframeSteps).toBe(80);
    expect(result?.timings.interpolationSteps).toBe(64);
    expect(errors).toEqual([]);
  });

  it('uses threads when the page is isolated', async () => {
    const { page } = await open();
    const { loaded } = await page.evaluate(() => pipeline.load('micro', 'wasm'));
    const cores = await page.evaluate(() => navigator.hardwareConcurrency);
    expect(cores).toBeGreaterThan(1);
    expect(loaded?.backend).toEqual({ backend: 'wasm', detail: `${Math.min(4, cores)} threads` });
  });

  it('works on one thread without isolation, and says so', async () => {
    const bare = await site.serve({ headers: {} });
    opened.push(bare);
    const { page } = await open(bare.url);
    const { loaded } = await page.evaluate(() => pipeline.load('micro', 'wasm'));
    expect(loaded?.backend.detail).toBe('1 thread');
    expect(loaded?.backend.note).toMatch(/not cross-origin isolated/);
    const { result } = await page.evaluate((o) => pipeline.generate(o), optionsOf(CLIP, 0));
    expect(result?.tokens.map(({ ids }) => ids)).toEqual(CLIP.keyFrames);
  });

  it('draws the same frames twice from the same seed', async () => {
    const { page } = await open();
    await page.evaluate(() => pipeline.load('micro', 'wasm'));
    const draw = () => page.evaluate((o) => pipeline.generate(o), optionsOf(CLIP, 1));
    const final = ({ frames }: Awaited<ReturnType<typeof draw>>) =>
      frames.filter(({ drawn }) => drawn === 1);
    const first = await draw();
    expect(final(await draw())).toEqual(final(first));
    expect(final(first)).toHaveLength(9);
  });
});

describe('a whole job on WebGPU', { timeout: WEBGPU_MILLISECONDS }, () => {
  it('draws the clips of PyTorch, and reads tokens back by rows and frames alone', async () => {
    const context = await newContext();
    opened.push(context);
    await countReadBacks(context);
    const { page, errors } = await openApp({ url: served.url, context });
    await page.waitForFunction(() => 'pipeline' in globalThis);
    // No skip: a Chromium without WebGPU must fail here.
    const { loaded, failure } = await page.evaluate(() => pipeline.load('micro', 'webgpu'));
    expect(failure).toBeUndefined();
    expect(loaded?.backend.backend).toBe('webgpu');
    expect(loaded?.backend.detail).toMatch(/swiftshader/i);

    const before = await readBacks(page);
    const greedy = goldenClip('greedy');
    const { result, frames, ...drawing } = await page.evaluate(
      (options) => pipeline.generate(options),
      optionsOf(greedy, 1),
    );
    const after = await readBacks(page);
    expect(drawing.failure).toBeUndefined();
    expect(result?.tokens.map(({ ids }) => ids)).toEqual(greedy.rounds[0]);
    expect(result?.timings).toMatchObject({ keyframeSteps: 80, interpolationSteps: 32 });
    expect(frames.some(({ drawn }) => drawn > 0 && drawn < 1)).toBe(true);
    // Five key frames of four rows; two frames in the windows of the round, all at once.
    expect(after.tokens - before.tokens).toBe(5 * 4 + 2);
    // The pixels of each frame on its way to the page, and the texts' summaries of each stage.
    expect(after.others - before.others).toBeLessThanOrEqual(frames.length + 2);
    // Steps are recorded: only the sampler and the caches' new rows are bound in each of them. A run
    // that is not played back binds a group for each of its kernels, about a hundred here.
    const steps = 80 + 32;
    expect(after.bindGroups - before.bindGroups).toBeLessThan(20 * steps);

    const sampled = goldenClip('sampled');
    const cancelled = await page.evaluate((o) => pipeline.generate(o, 0), optionsOf(sampled, 1));
    expect(cancelled.result?.outcome).toBe('cancelled');
    expect(cancelled.result?.slots).toEqual([0]);
    const again = await page.evaluate((o) => pipeline.generate(o), optionsOf(sampled, 1));
    expect(again.failure).toBeUndefined();
    expect(again.result?.tokens.map(({ ids }) => ids)).toEqual(sampled.rounds[0]);
    expect(errors).toEqual([]);
  });

  it('is not chosen by itself for a software adapter', async () => {
    const { page } = await open();
    const { loaded } = await page.evaluate(() => pipeline.load('micro', 'auto'));
    expect(loaded?.backend.backend).toBe('wasm');
    expect(loaded?.backend.note).toMatch(/swiftshader.*is software/i);
  });
});

describe('a backend that fails', { timeout: WEBGPU_MILLISECONDS }, () => {
  it('by losing its device ends the job with frames kept, and says so', async () => {
    const context = await newContext();
    opened.push(context);
    // The worker's device is out of reach from here, so its script gets a way to lose it.
    await context.route('**/pipeline.worker-*.js', async (route) => {
      const response = await route.fetch();
      const loseable = `const request = GPUAdapter.prototype.requestDevice;
        GPUAdapter.prototype.requestDevice = async function (...wanted) {
          const device = await request.apply(this, wanted);
          new BroadcastChannel('lose device').onmessage = () => device.destroy();
          return device;
        };`;
      await route.fulfill({ response, body: loseable + (await response.text()) });
    });
    const { page } = await openApp({ url: served.url, context });
    await page.waitForFunction(() => 'pipeline' in globalThis);
    await page.evaluate(() => pipeline.load('micro', 'webgpu'));
    const drawing = await page.evaluate(
      (options) => {
        const lose = (): void => new BroadcastChannel('lose device').postMessage(null);
        return pipeline.generate(options, undefined, { slot: 0, action: lose });
      },
      optionsOf(CLIP, 1),
    );
    expect(drawing.failure?.kind).toBe('DeviceLost');
    expect(drawing.failure?.message).toMatch(/Finished frames are kept. Press Generate/);
    expect(drawing.frames.some(({ slot, drawn }) => slot === 0 && drawn === 1)).toBe(true);
    // A new worker draws again.
    await page.evaluate(() => pipeline.terminate());
    const { failure } = await page.evaluate(() => pipeline.load('micro', 'wasm'));
    expect(failure).toBeUndefined();
  });

  it('by not being there is named when it was asked for, and replaced when not', async () => {
    const browser = await launchChromium({ webgpu: false });
    opened.push(browser);
    const page = await (await browser.newContext()).newPage();
    await page.goto(served.url);
    await page.waitForFunction(() => 'pipeline' in globalThis);
    const forced = await page.evaluate(() => pipeline.load('micro', 'webgpu'));
    expect(forced.failure?.kind).toBe('BackendUnavailable');
    expect(forced.failure?.message).toMatch(/WebGPU was asked for, but.*remove \?backend=webgpu/);
    const { loaded } = await page.evaluate(() => pipeline.load('micro', 'auto'));
    expect(loaded?.backend.backend).toBe('wasm');
    expect(loaded?.backend.note).toMatch(/WebGPU is not used/);
  });
});

describe('cancel', () => {
  it('keeps the frames drawn so far and leaves the worker usable', async () => {
    const { page } = await open();
    await page.evaluate(() => pipeline.load('micro', 'wasm'));
    const options = optionsOf(CLIP, 3);
    const { result, frames } = await page.evaluate((o) => pipeline.generate(o, 16), options);
    expect(result?.outcome).toBe('cancelled');
    expect(result?.slots.slice(0, 3)).toEqual([0, 8, 16]);
    expect(result?.slots.length).toBeLessThan(33);
    const final = frames.filter(({ drawn }) => drawn === 1).map(({ slot }) => slot);
    expect(final.sort((a, b) => a - b)).toEqual(result?.slots);
    const again = await page.evaluate((o) => pipeline.generate(o), optionsOf(CLIP, 0));
    expect(again.result?.tokens.map(({ ids }) => ids)).toEqual(CLIP.keyFrames);
  });
});

describe('refusals', () => {
  it('name option and prompt errors and leave the worker usable', async () => {
    const { page } = await open();
    await page.evaluate(() => pipeline.load('micro', 'wasm'));
    const good = optionsOf(CLIP, 0);
    const kind = async (options: typeof good): Promise<string | undefined> =>
      (await page.evaluate((o) => pipeline.generate(o), options)).failure?.kind;
    expect(await kind({ ...good, prompt: '  ' })).toBe('InvalidPrompt');
    expect(await kind({ ...good, prompt: '🦁🦁' })).toBe('InvalidPrompt');
    expect(await kind({ ...good, prompt: 'lion '.repeat(2000) })).toBe('InvalidPrompt');
    expect(await kind({ ...good, temperature: Number.NaN })).toBe('InvalidOption');
    expect(await kind({ ...good, rounds: 4 })).toBe('InvalidOption');
    expect(await kind(good)).toBeUndefined();
    const spans = await page.evaluate(() => pipeline.unknownSpans('a lion plays piano'));
    expect(spans.map(({ text }) => text)).toContain('piano');
  });

  it('allow one job at a time', async () => {
    const { page } = await open();
    await page.evaluate(() => pipeline.load('micro', 'wasm'));
    const [first, second] = await page.evaluate(
      (options) => Promise.all([pipeline.generate(options), pipeline.generate(options)]),
      optionsOf(CLIP, 1),
    );
    expect(first.result?.outcome).toBe('complete');
    expect(second.failure?.message).toMatch(/A clip is being drawn/);
  });
});
