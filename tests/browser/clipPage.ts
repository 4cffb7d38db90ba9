/** What the tests of the page do and read, by the names that a user knows the parts by. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** The micro model on WASM: small enough to draw whole clips in a test. */
export const MICRO = '?model=micro&backend=wasm';

/** For what follows at once, on a machine that is busy with other work too. */
export const SOON = { timeout: 20_000 };

export const promptBox = (page: Page) => page.getByRole('textbox', { name: 'Prompt' });
export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
export const preview = (page: Page) => page.getByRole('img', { name: 'Preview' });
export const alert = (page: Page) => page.getByRole('alert').filter({ hasText: /\S/ });

/** Waits until the preview is in one of the stages, and says in which. */
export async function untilStage(page: Page, stages: string[], timeout = 90_000): Promise<string> {
  let stage: string | null = null;
  const look = async () => {
    // Not by its name, which changes with the language.
    stage = await page.locator('canvas[data-stage]').getAttribute('data-stage');
    return stage !== null && stages.includes(stage);
  };
  await expect
    .poll(look, { timeout, interval: 50, message: `stage should become ${stages.join(' or ')}` })
    .toBe(true);
  return stage ?? '';
}

/** Waits for a number of finished frames at least, while the clip is being drawn. */
export async function untilFrames(page: Page, count: number, timeout = 90_000): Promise<void> {
  await expect
    .poll(() => frameCount(page), { timeout, interval: 20 })
    .toBeGreaterThanOrEqual(count);
}

/**
 * Presses a button the moment that the preview shows `count` frames: from inside the page, since a
 * small clip may be finished before a test that watches from outside has moved its mouse.
 */
export async function pressAtFrames(page: Page, name: string, count: number): Promise<void> {
  await page.evaluate(
    ([wanted, least]) => {
      const canvas = document.querySelector('canvas[data-stage]');
      const buttons = [...document.querySelectorAll('button')];
      const target = buttons.find(({ textContent }) => textContent === wanted);
      if (!canvas || !target) throw new Error(`There is no preview or no button "${wanted}".`);
      const observer = new MutationObserver(() => {
        if (Number(canvas.getAttribute('data-frames')) < least || target.disabled) return;
        observer.disconnect();
        target.click();
      });
      observer.observe(canvas, { attributes: true });
    },
    [name, count] as const,
  );
}

export async function frameCount(page: Page): Promise<number> {
  return Number(await preview(page).getAttribute('data-frames'));
}

/** SHA-256 of the pixels of every finished frame, by its thumbnail, in slot order. */
export function frameHashes(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const thumbs = document.querySelectorAll<HTMLCanvasElement>('[data-state="final"] canvas');
    const hashes: string[] = [];
    for (const canvas of thumbs) {
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
      if (!pixels) throw new Error('A thumbnail has no picture.');
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', pixels));
      hashes.push(Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''));
    }
    return hashes;
  });
}
