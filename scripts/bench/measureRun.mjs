/** Measures one number of threads: first visit, second visit, clips, export. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFlipbookPage } from '../headless/flipbookPage.mjs';
import { MEASURE_AT_ONCE, pageMemory, withPeakMemory } from './browserMemory.mjs';
import { countDownloads } from './downloadBytes.mjs';
import { median } from './median.mjs';

/** Every clip of a benchmark is the same one. */
const SEED = 1;

/**
 * @typedef {import('../headless/flipbookPage.mjs').FlipbookPage} FlipbookPage
 * @typedef {import('../../src/shared/manifest').ModelManifest} ModelManifest
 * @typedef {import('../../src/shared/protocol').JobTimings} JobTimings
 * @typedef {import('../../src/shared/protocol').StageTiming} StageTiming
 *
 * @typedef {object} LoadFigures milliseconds from the start of the navigation
 * @property {number} firstPaint something to see
 * @property {number} ready the model can draw
 * @property {number} modelBytes received over the network
 * @property {number} upscalerBytes part of `modelBytes`
 * @property {number} appBytes
 *
 * @typedef {object} RunFigures
 * @property {string} backend what really ran, e.g. "wasm, 2 threads"
 * @property {LoadFigures} firstVisit nothing is cached
 * @property {LoadFigures} nextVisit
 * @property {JobTimings} timings medians over the clips
 * @property {number} keyframeTokensPerSecond
 * @property {number} interpolationTokensPerSecond
 * @property {number} frames
 * @property {number} gridCells picture tokens of a frame
 * @property {{ milliseconds: number, bytes: number }} export MP4
 * @property {import('./browserMemory.mjs').PeakMemory} peakMemory
 * @property {(number | null)[]} pageMemory after each clip, in bytes; null where it is not counted
 */

/**
 * @param {{ threads: number, place: import('../headless/modelPlace.mjs').ModelPlace,
 *   prompt: string | undefined, clips: number, link: Record<string, string>, quick: boolean }} wish
 * @returns {Promise<{ figures: RunFigures, manifest: ModelManifest, prompt: string,
 *   browser: string }>}
 */
export async function measureRun(wish) {
  /** @type {ReturnType<typeof countDownloads> | undefined} */
  let downloads;
  const { mounts, link: model } = wish.place;
  const link = { ...wish.link, ...model, backend: 'wasm', threads: String(wish.threads) };
  const options = {
    link,
    mounts,
    browserArgs: [MEASURE_AT_ONCE],
    prepare: (/** @type {import('playwright-core').BrowserContext} */ context) => {
      downloads = countDownloads(context);
    },
  };
  return withFlipbookPage(options, async (flipbook) => {
    if (!downloads) throw new Error('Downloads were not counted.');
    const { figures: firstVisit } = await measureLoad(flipbook, downloads);
    downloads.reset();
    await flipbook.open();
    const { figures: nextVisit, backend } = await measureLoad(flipbook, downloads);
    const manifest = await readManifest(flipbook, model);
    const prompt = wish.prompt ?? manifest.examples[0]?.text ?? 'a lion';
    // The browser waits a minute for the threads of a pool, which sleep and cannot answer.
    const counted = !wish.quick || wish.threads === 1;
    const clip = await measureClips(flipbook, prompt, wish.clips, counted);
    const figures = {
      backend,
      firstVisit,
      nextVisit,
      ...clip,
      ...speeds(clip.timings, clip.frames, manifest),
      gridCells: manifest.grid ** 2,
      export: await measureExport(flipbook),
    };
    return { figures, manifest, prompt, browser: flipbook.browser.version() };
  });
}

/**
 * @param {FlipbookPage} flipbook
 * @param {ReturnType<typeof countDownloads>} downloads
 */
async function measureLoad(flipbook, downloads) {
  const { backend } = await flipbook.modelReady();
  const times = await flipbook.page.evaluate(() => ({
    firstPaint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
    ready: performance.getEntriesByName('flipbook:model').at(-1)?.startTime ?? NaN,
  }));
  const bytes = {
    modelBytes: downloads.model(),
    upscalerBytes: downloads.upscaler(),
    appBytes: downloads.app(),
  };
  return { backend: `${backend.backend}, ${backend.detail}`, figures: { ...times, ...bytes } };
}

/**
 * @param {FlipbookPage} flipbook
 * @param {Record<string, string>} link
 * @returns {Promise<ModelManifest>}
 */
async function readManifest(flipbook, link) {
  const { id } = await flipbook.modelReady();
  const address = new URL(`models/${link['model'] ?? id}/manifest.json`, flipbook.url);
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.href} answered ${response.status}.`);
  /** @type {unknown} */
  const manifest = await response.json();
  return /** @type {ModelManifest} */ (manifest);
}

/**
 * @param {FlipbookPage} flipbook
 * @param {string} prompt
 * @param {number} count
 * @param {boolean} counted whether the browser counts the page's memory after each clip
 */
async function measureClips(flipbook, prompt, count, counted) {
  /** @type {(number | null)[]} */
  const pageBytes = [];
  const { result, peak } = await withPeakMemory(flipbook.browser, async () => {
    const drawn = [];
    for (let clip = 0; clip < count; clip++) {
      drawn.push(await flipbook.generate(prompt, SEED));
      pageBytes.push(counted ? await pageMemory(flipbook.page) : null);
    }
    return drawn;
  });
  return {
    timings: medianTimings(result.map(({ timings }) => timings)),
    frames: result[0]?.frames ?? 0,
    peakMemory: peak,
    pageMemory: pageBytes,
  };
}

/**
 * @param {JobTimings[]} timings
 * @returns {JobTimings}
 */
function medianTimings(timings) {
  const [first] = timings;
  if (!first) throw new Error('No clip was drawn.');
  const figures = Object.keys(first).filter((key) => key !== 'rounds' && key !== 'stages');
  const entries = figures.map((key) => {
    const name = /** @type {Exclude<keyof JobTimings, 'rounds' | 'stages'>} */ (key);
    return [name, median(timings.map((timing) => timing[name]))];
  });
  const rounds = first.rounds.map((_, round) =>
    median(timings.map((timing) => timing.rounds[round] ?? NaN)),
  );
  /** @type {unknown} */
  const medians = Object.fromEntries(entries);
  const stages = first.stages.map((stage, index) => medianStage(stage, timings, index));
  return { .../** @type {JobTimings} */ (medians), rounds, stages };
}

/**
 * @param {StageTiming} stage of the first clip
 * @param {JobTimings[]} timings
 * @param {number} index of the stage
 * @returns {StageTiming}
 */
function medianStage(stage, timings, index) {
  const { stage: name, round, ...figures } = stage;
  const medians = Object.keys(figures).map((key) => {
    const figure = /** @type {keyof typeof figures} */ (key);
    return [figure, median(timings.map(({ stages }) => stages[index]?.[figure] ?? NaN))];
  });
  return { stage: name, round, .../** @type {typeof figures} */ (Object.fromEntries(medians)) };
}

/**
 * Tokens of a stage over its whole time, the decoding of frames included.
 *
 * @param {JobTimings} timings
 * @param {number} frames
 * @param {ModelManifest} manifest
 */
function speeds({ tokenize, keyFrames, total }, frames, { grid, windowFrames }) {
  const tokens = (/** @type {number} */ count) => count * grid * grid;
  return {
    keyframeTokensPerSecond: tokens(windowFrames) / ((keyFrames - tokenize) / 1000),
    interpolationTokensPerSecond: tokens(frames - windowFrames) / ((total - keyFrames) / 1000),
  };
}

/** @param {FlipbookPage} flipbook */
async function measureExport(flipbook) {
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-bench-'));
  try {
    const start = performance.now();
    const { path } = await flipbook.save('mp4', () => join(folder, 'clip.mp4'));
    return { milliseconds: performance.now() - start, bytes: statSync(path).size };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
