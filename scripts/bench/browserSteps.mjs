/** Decode steps in a headless browser: a page with the app's own runner in a worker. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { launchChromium } from '../launchChromium.mjs';
import { projectRoot } from '../projectRoot.mjs';
import { serveDirectory } from '../serve.mjs';

/** A measurement that takes longer hangs: all of a clip takes a minute or two. */
const MOST_SECONDS = 300;

/**
 * @typedef {import('./steps/stepTypes').StepRequest} StepRequest
 * @typedef {import('./steps/stepTypes').MeasuredSteps} MeasuredSteps
 * @typedef {{ backend: string, measured: MeasuredSteps[],
 *   roofline?: import('./steps/stepTypes').Roofline }} BrowserSteps
 * @typedef {{ adapter: string, measured: import('./steps/measureGpu').GpuSteps[] }} GpuMeasurement
 *
 * @typedef {(folder: string, threads: number, request: StepRequest, weightBytes?: number) =>
 *   Promise<BrowserSteps>} MeasureInBrowser `folder` is a name among the folders that are served
 *
 * @typedef {object} BrowserBench
 * @property {MeasureInBrowser} measure
 * @property {(folder: string, request: StepRequest) => Promise<GpuMeasurement>} measureGpu
 * @property {(folder: string, request: StepRequest) => Promise<MeasuredSteps[]>} measureGpuFromMemory
 * @property {string} name of the browser, with its version
 */

/**
 * Builds and serves the page, runs `work`, and closes everything whatever happens.
 *
 * @template Result
 * @param {Record<string, string>} folders step packages by the name that `work` uses
 * @param {(browser: BrowserBench) => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function withBrowserSteps(folders, work) {
  const site = mkdtempSync(join(tmpdir(), 'flipbook-steps-'));
  const root = join(projectRoot, 'scripts', 'bench', 'steps');
  try {
    const configFile = join(root, 'vite.config.ts');
    const output = { outDir: site, emptyOutDir: true };
    await build({ configFile, root, mode: 'production', build: output });
    const mounts = Object.entries(folders).map(([name, folder]) => [`/packages/${name}/`, folder]);
    const served = await serveDirectory({ root: site, mounts: Object.fromEntries(mounts) });
    try {
      return await withBrowser(served.url, work);
    } finally {
      await served.close();
    }
  } finally {
    rmSync(site, { recursive: true, force: true });
  }
}

/**
 * @template Result
 * @param {string} url
 * @param {(browser: BrowserBench) => Promise<Result>} work
 */
async function withBrowser(url, work) {
  let browser = await launchChromium();
  /** @type {<Measured>(call: string, wish: unknown[]) => Promise<Measured>} */
  const measureIn = async (call, wish) => {
    // Each measurement has a page of its own: one that fails leaves nothing behind.
    if (!browser.isConnected()) browser = await launchChromium();
    const page = await browser.newPage();
    try {
      await page.goto(url);
      await page.waitForFunction('globalThis.flipbookSteps !== undefined');
      return await withinTime(
        page.evaluate(
          ([name, given]) => {
            /** @typedef {(...given: unknown[]) => Promise<never>} Measure */
            const page = /** @type {{ flipbookSteps: Record<string, Measure | undefined> }} */ (
              /** @type {unknown} */ (globalThis)
            );
            const measure = page.flipbookSteps[/** @type {string} */ (name)];
            if (measure === undefined) throw new Error(`the page has no ${String(name)}`);
            return measure(.../** @type {unknown[]} */ (given));
          },
          [call, wish],
        ),
      );
    } finally {
      await page.close();
    }
  };
  const place = (/** @type {string} */ folder) => `packages/${folder}/`;
  try {
    return await work({
      measure: (folder, ...wish) => measureIn('measureSteps', [place(folder), ...wish]),
      measureGpu: (folder, request) => measureIn('measureGpuSteps', [place(folder), request]),
      measureGpuFromMemory: (folder, request) =>
        measureIn('measureGpuStepsFromMemory', [place(folder), request]),
      name: `Chromium ${browser.version()}`,
    });
  } finally {
    await browser.close();
  }
}

/**
 * @template Result
 * @param {Promise<Result>} measuring
 * @returns {Promise<Result>}
 */
async function withinTime(measuring) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    const error = new Error(`Nothing came back within ${MOST_SECONDS} s.`);
    timer = setTimeout(() => reject(error), MOST_SECONDS * 1000);
  });
  try {
    return await Promise.race([measuring, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
    measuring.catch(() => undefined); // The page is closed under a late one.
  }
}
