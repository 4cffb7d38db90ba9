/** Export by the buttons of the built app: a partial clip, and a browser without WebCodecs. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { builtApp } from '../../scripts/buildWhenStale.mjs';
import { projectRoot } from '../../scripts/projectRoot.mjs';
import { serveDirectory } from '../../scripts/serve.mjs';
import { alert, button, frameCount, MICRO, pressAtFrames } from './clipPage';
import { promptBox, untilStage } from './clipPage';
import { openApp } from './openApp';
import { readMp4 } from './readMp4';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function open(options: Parameters<typeof openApp>[0]) {
  const { page, context } = await openApp(options);
  cleanUp.push(() => context.close());
  await promptBox(page).fill('a lion walks');
  return page;
}

it('saves the frames that are there when a job was cancelled', async () => {
  const page = await open({ query: `${MICRO}&seed=5` });
  await untilStage(page, ['idle']);
  await pressAtFrames(page, 'Cancel', 2);
  await button(page, 'Generate').click();
  await untilStage(page, ['cancelled']);
  const frames = await frameCount(page);
  expect(frames).toBeGreaterThanOrEqual(2);
  expect(frames).toBeLessThan(33);

  const downloading = page.waitForEvent('download');
  await button(page, 'Export MP4').click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('a-lion-walks-5.mp4');
  const movie = readMp4(new Uint8Array(readFileSync(await download.path())));
  expect(movie.frames).toHaveLength(frames);
  expect(movie.seconds).toBeCloseTo(frames / 8, 3);
  expect(movie.tags['prompt']).toBe('a lion walks');
  expect(JSON.parse(movie.tags['parameters'] ?? '')).toMatchObject({ seed: 5, frames });
});

/** A copy of the app whose export worker finds no video encoder. */
function appWithoutWebCodecs(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-old-browser-'));
  cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(builtApp, folder, { recursive: true });
  const assets = join(folder, 'assets');
  const worker = readdirSync(assets).find((name) => name.startsWith('export.worker'));
  const path = join(assets, worker ?? 'no export worker');
  writeFileSync(path, `delete globalThis.VideoEncoder;\n${readFileSync(path, 'utf8')}`);
  return folder;
}

it('says what to do without WebCodecs, and saves a GIF', async () => {
  const micro = join(projectRoot, 'tests', 'fixtures', 'models', 'micro');
  const root = appWithoutWebCodecs();
  const served = await serveDirectory({ root, mounts: { '/models/micro/': micro } });
  cleanUp.push(served.close);
  const page = await open({ url: served.url, query: `${MICRO}&rounds=0` });
  await button(page, 'Generate').click();
  expect(await untilStage(page, ['complete', 'failed'])).toBe('complete');

  await button(page, 'Export MP4').click();
  await alert(page).waitFor();
  const message = await alert(page).innerText();
  expect(message).toContain('no video encoder (WebCodecs)');
  expect(message).toContain('Save the clip as GIF or as PNG frames instead');

  const downloading = page.waitForEvent('download');
  await button(page, 'Export GIF').click();
  const gif = readFileSync(await (await downloading).path());
  expect(gif.toString('latin1', 0, 6)).toBe('GIF89a');
  expect(await alert(page).count()).toBe(0);
});
