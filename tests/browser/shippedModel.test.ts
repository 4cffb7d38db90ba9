/** The whole job with the model that ships, as a user does it: prompt, clip, MP4, next visit. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { button, frameCount, frameHashes, promptBox, untilStage } from './clipPage';
import { newContext, openApp } from './openApp';
import { readMp4 } from './readMp4';

/** Drawn in about 25 s on two quiet cores; CI may be busy. */
const CLIP_MILLISECONDS = 300_000;

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

it(
  'draws 33 different frames on WASM, saves them as MP4 and starts from storage next time',
  { timeout: 2 * CLIP_MILLISECONDS },
  async () => {
    const context = await newContext();
    cleanUp.push(() => context.close());
    const { page, errors } = await openApp({ context, query: '?backend=wasm&seed=7' });
    await untilStage(page, ['idle']);
    await promptBox(page).fill('a lion drinks water at the lake');
    await button(page, 'Generate').click();
    expect(await untilStage(page, ['complete', 'failed'], CLIP_MILLISECONDS)).toBe('complete');
    expect(await frameCount(page)).toBe(33);
    expect(new Set(await frameHashes(page)).size).toBeGreaterThan(16);

    const downloading = page.waitForEvent('download');
    await button(page, 'Export MP4').click();
    const movie = readMp4(new Uint8Array(readFileSync(await (await downloading).path())));
    expect(movie).toMatchObject({ codec: 'avc1', width: 288, height: 288, seconds: 33 / 8 });
    expect(movie.frames).toHaveLength(33);
    expect(movie.tags['prompt']).toBe('a lion drinks water at the lake');
    expect(errors).toEqual([]);
    await page.close();

    const next = await openApp({ context, query: '?backend=wasm' });
    await untilStage(next.page, ['idle']);
    expect(next.requests.filter((address) => address.endsWith('.onnx'))).toEqual([]);

    // Without a graphics processor frames come in order, but the wish is kept in the address.
    await next.page.getByText('Settings', { exact: true }).click();
    const order = next.page.getByLabel('Key frames', { exact: true });
    expect(await order.inputValue()).toBe('parallel');
    await order.selectOption('inOrder');
    await next.page.getByText('2.5 times fewer steps').waitFor();
    await promptBox(next.page).fill('a lion drinks water at the lake');
    await button(next.page, 'Generate').click();
    await untilStage(next.page, ['keyframes']);
    expect(next.page.url()).toContain('parallel=0');
    await button(next.page, 'Cancel').click();
    expect(await untilStage(next.page, ['cancelled', 'failed'])).toBe('cancelled');
    expect(next.errors).toEqual([]);
  },
);
