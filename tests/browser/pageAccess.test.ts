/** Names, roles, contrast and languages, checked by axe in light and dark and on a phone. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { button, MICRO, preview, SOON, untilStage } from './clipPage';
import { openApp } from './openApp';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The violations, as "rule: element" lines. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async (values) => {
    const found = await (window as unknown as { axe: typeof axe }).axe.run({
      runOnly: { type: 'tag', values },
    });
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary}`),
    );
  }, RULES);
}

async function openEverything(page: Page): Promise<void> {
  for (const summary of await page.locator('summary').all()) await summary.click();
}

describe('access', () => {
  it.each([
    ['light', { width: 1280, height: 900 }],
    ['dark', { width: 1280, height: 900 }],
    ['light', { width: 360, height: 740 }],
  ] as const)('%s, %o: no violation with a clip on the stage', async (colorScheme, viewport) => {
    const { page, context } = await openApp({
      query: `${MICRO}&prompt=a+lionn+and+a+fox&rounds=2&run=1&guidance=x`,
      viewport,
      prepare: (opened) => opened.emulateMedia({ colorScheme, reducedMotion: 'reduce' }),
    });
    await untilStage(page, ['complete']);
    await openEverything(page);
    await expect.poll(() => page.locator('mark').count(), SOON).toBe(1);
    expect(await violations(page)).toEqual([]);
    const overflow = () =>
      page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
    expect(await overflow()).toBe(0);
    await context.close();
  });

  it('no violation while a failure is shown', async () => {
    const { page, context } = await openApp({ query: '?model=nothing' });
    await untilStage(page, ['failed']);
    expect(await violations(page)).toEqual([]);
    await context.close();
  });

  it('tells progress in words and numbers', async () => {
    const { page, context } = await openApp({ query: `${MICRO}&prompt=a+fox` });
    await untilStage(page, ['idle']);
    const bar = page.getByRole('progressbar', { name: 'Progress' });
    // Read while it changes: a small clip may be finished before a look from outside.
    await bar.evaluate((element) => {
      const panel = element.closest('section');
      const seen = new Set<string>();
      Object.assign(window, { seen });
      const read = () => {
        seen.add(element.getAttribute('aria-valuetext') ?? '');
        for (const { textContent } of panel?.querySelectorAll('dd') ?? []) seen.add(textContent);
      };
      new MutationObserver(read).observe(panel as Node, { attributes: true, subtree: true });
    });
    await button(page, 'Generate').click();
    await untilStage(page, ['complete']);
    const seen = await page.evaluate(() => [...(window as unknown as { seen: Set<string> }).seen]);
    const patterns = [
      /^Drawing key frames, \d+ %$/,
      /^Drawing in-between frames, round 3 of 3, \d+ %$/,
      /^about \d+ (s|min)/,
      /^[\d.]+ tokens\/s$/,
      /^WASM, \d+ threads?$/,
    ];
    for (const pattern of patterns) expect(seen).toContainEqual(expect.stringMatching(pattern));
    expect(await bar.getAttribute('aria-valuetext')).toMatch(/^Clip finished.+, 100 %$/);
    await context.close();
  });

  it('speaks Chinese to a Chinese browser, and English when asked', async () => {
    const { page, context } = await openApp({ query: MICRO, locale: 'zh-CN' });
    await untilStage(page, ['idle']);
    expect(await page.getByRole('img', { name: '预览' }).count()).toBe(1);
    expect(await page.getAttribute('html', 'lang')).toBe('zh-CN');
    await page.getByRole('textbox', { name: '提示词' }).fill('');
    await page.getByRole('button', { name: '生成', exact: true }).click();
    await expect.poll(() => page.getByText('这句提示词画不了').count(), SOON).toBe(1);
    await button(page, 'English').click();
    expect(await button(page, 'Generate').count()).toBe(1);
    await page.reload();
    await expect.poll(() => button(page, 'Generate').count(), SOON).toBe(1);
    await context.close();
  });

  it('keeps the chosen light', async () => {
    const { page, context } = await openApp({ query: MICRO });
    const background = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await background();
    await page.getByRole('button', { name: 'Appearance: Automatic' }).click();
    await page.getByRole('button', { name: 'Appearance: Light' }).click();
    await expect.poll(background, SOON).not.toBe(light);
    await page.reload();
    await expect
      .poll(() => page.getByRole('button', { name: 'Appearance: Dark' }).count(), SOON)
      .toBe(1);
    await expect.poll(() => preview(page).count(), SOON).toBe(1);
    expect(await background()).not.toBe(light);
    await context.close();
  });
});
