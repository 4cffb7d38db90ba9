/** Packages as the converter writes them, opened in the app: settings, model panel, a clip. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtApp } from '../../scripts/buildWhenStale.mjs';
import { serveDirectory, type ServedDirectory } from '../../scripts/serve.mjs';
import { writeConvertedPackage } from '../convertedPackage';
import { button, frameCount, frameHashes, preview, promptBox, untilStage } from './clipPage';
import { openApp } from './openApp';

/** A clip of some hundred steps, on a machine that is busy with other work too. */
const CLIP_MILLISECONDS = 150_000;

let served: ServedDirectory;
const folder = mkdtempSync(join(tmpdir(), 'flipbook-converted-'));
beforeAll(async () => {
  const whole = join(folder, 'whole');
  const inTurn = join(folder, 'turns');
  writeConvertedPackage(whole, 2);
  writeConvertedPackage(inTurn, 4, 1);
  const mounts = { '/models/whole/': whole, '/models/turns/': inTurn };
  served = await serveDirectory({ root: builtApp, mounts });
});
afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(query: string) {
  const app = await openApp({ url: served.url, query });
  await untilStage(app.page, ['idle'], CLIP_MILLISECONDS);
  return app;
}

async function drawClip(page: Page): Promise<void> {
  await button(page, 'Generate').click();
  expect(await untilStage(page, ['complete', 'failed'], CLIP_MILLISECONDS)).toBe('complete');
}

/** What stands under a field of the settings. */
const helpOf = (page: Page, label: string) =>
  page.locator('.field', { has: page.getByLabel(label, { exact: true }) }).locator('p');

it('names the settings of cluster sampling, and draws a clip', async () => {
  const { page, context, errors } = await open('?model=whole&backend=wasm&rounds=1&seed=3');
  await page.getByText('This model was trained on sentences in Chinese.').waitFor();
  await page.locator('.settings summary').click();
  expect(await page.getByLabel('Clusters', { exact: true }).inputValue()).toBe('12');
  const clusters = await helpOf(page, 'Clusters').innerText();
  expect(clusters).toContain('How many of 9 groups of similar codes');
  expect(clusters).toContain('The first frame keeps a value of its own.');
  expect(await helpOf(page, 'Temperature').innerText()).toContain('The first frame keeps');
  expect(await helpOf(page, 'Key frame rate').innerText()).toContain('is always 1.');
  expect(await page.getByLabel('Key frame rate').locator('option').allInnerTexts()).toEqual([
    'Automatic',
    ...[1, 2, 4, 8].map((rate) => `${rate} per second`),
  ]);
  expect(await page.getByLabel('Top-k', { exact: true }).count()).toBe(0);

  await page.locator('.model-panel > summary').click();
  const panel = await page.locator('.model-panel').innerText();
  for (const fact of ['CogVideo (2022)', 'int4', 'Chinese', '64 × 64', 'The CogVideo License']) {
    expect(panel).toContain(fact);
  }
  expect(panel).toMatch(/errors of the release\s+mended/i);
  expect(panel).toContain('it reads every sentence as it is');
  expect(panel).not.toContain('It never saw');

  await button(page, '一只狮子在喝水。').click();
  expect(await promptBox(page).inputValue()).toBe('一只狮子在喝水。');
  await drawClip(page);
  expect(await frameCount(page)).toBe(9);
  // Super-resolution doubles the frames of 32 pixels.
  expect(await preview(page).evaluate((canvas: HTMLCanvasElement) => canvas.width)).toBe(64);
  expect(new Set(await frameHashes(page)).size).toBeGreaterThan(1);
  expect(await button(page, 'Export MP4').isEnabled()).toBe(true);
  expect(errors).toEqual([]);
  await context.close();
});

it('draws the same key frames with one shard loaded at a time, and says so', async () => {
  const clip = '&backend=wasm&rounds=0&seed=3&prompt=%E7%8B%AE%E5%AD%90%E5%9C%A8%E6%B9%96%E8%BE%B9';
  const hashes: string[][] = [];
  for (const model of ['whole', 'turns']) {
    const { page, context, errors } = await open(`?model=${model}${clip}`);
    await page.locator('.model-panel > summary').click();
    const panel = await page.locator('.model-panel').innerText();
    expect(panel.includes('1 of 4 shards loaded at a time')).toBe(model === 'turns');
    await drawClip(page);
    hashes.push(await frameHashes(page));
    expect(errors).toEqual([]);
    await context.close();
  }
  expect(hashes[0]).toHaveLength(5);
  expect(hashes[1]).toEqual(hashes[0]);
});
