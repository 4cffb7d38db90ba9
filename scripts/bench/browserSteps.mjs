/** Decode steps in a headless browser: a page with the app's own runner in a worker. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { launchChromium } from '../launchChromium.mjs';
import { projectRoot } from '../projectRoot.mjs';
import { serveDirectory } from '../serve.mjs';

/**
 * @typedef {import('./steps/stepTypes').StepRequest} StepRequest
 * @typedef {{ backend: string, measured: import('./steps/stepTypes').MeasuredSteps[],
 *   roofline?: import('./steps/stepTypes').Roofline }} BrowserSteps
 *
 * @typedef {(folder: string, threads: number, request: StepRequest, weightBytes?: number) =>
 *   Promise<BrowserSteps>} MeasureInBrowser `folder` is a name among the folders that are served
 */

/**
 * Builds and serves the page, runs `work`, and closes everything whatever happens.
 *
 * @template Result
 * @param {Record<string, string>} folders step packages by the name that `work` uses
 * @param {(measure: MeasureInBrowser, browserName: string) => Promise<Result>} work
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
      return await withPage(served.url, work);
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
 * @param {(measure: MeasureInBrowser, browserName: string) => Promise<Result>} work
 */
async function withPage(url, work) {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction('globalThis.measureSteps !== undefined');
    /** @type {MeasureInBrowser} */
    const measure = (folder, threads, request, weightBytes) =>
      page.evaluate(
        ([at, count, wish, bytes]) =>
          /** @type {{ measureSteps: MeasureInBrowser }} */ (
            /** @type {unknown} */ (globalThis)
          ).measureSteps(at, count, wish, bytes),
        /** @type {const} */ ([`packages/${folder}/`, threads, request, weightBytes]),
      );
    return await work(measure, `Chromium ${browser.version()}`);
  } finally {
    await browser.close();
  }
}
