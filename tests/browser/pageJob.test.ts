/** The page's main job with the micro model: from a prompt to frames, in a real Chromium. */
import { describe, expect, it } from 'vitest';
import {
  button,
  frameCount,
  frameHashes,
  MICRO,
  pressAtFrames,
  preview,
  promptBox,
  SOON,
  untilFrames,
  untilStage,
} from './clipPage';
import { openApp } from './openApp';

const PROMPT = 'A lion drinks water at the lake.';

describe('the page', () => {
  it('draws a clip and puts its settings into the address', async () => {
    const { page, context, errors } = await openApp({ query: MICRO });
    await expect
      .poll(() => promptBox(page).evaluate((box) => box === document.activeElement), SOON)
      .toBe(true);
    await untilStage(page, ['idle']);
    await button(page, PROMPT).click();
    expect(await promptBox(page).inputValue()).toBe(PROMPT);
    await button(page, 'Generate').click();
    await untilStage(page, ['complete']);
    expect(await button(page, 'Cancel').isEnabled()).toBe(false);
    expect(await frameCount(page)).toBe(33);
    const query = new URL(page.url()).searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      prompt: PROMPT,
      guidance: '2',
      temperature: '0.8',
      topk: '20',
      rounds: '3',
      rate: 'auto',
      model: 'micro',
      backend: 'wasm',
    });
    expect(await page.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('100');
    expect(await button(page, 'Export MP4').isEnabled()).toBe(true);
    expect(errors).toEqual([]);
    await context.close();
  });

  it('shows where the time of a finished clip went, and leaves measures for profilers', async () => {
    const { page, context } = await openApp({ query: `${MICRO}&prompt=a+fox&rounds=1` });
    await untilStage(page, ['idle']);
    const panel = page.locator('details', { hasText: 'Where the time went' });
    expect(await panel.count()).toBe(0);
    await button(page, 'Generate').click();
    await untilStage(page, ['complete']);
    await panel.locator('summary').click();
    const rows = await panel.locator('tbody tr').allInnerTexts();
    const cells = rows.map((row) => row.split('\t'));
    expect(cells.map(([name]) => name)).toEqual(['Prompt', 'Key frames', 'Round 1', 'Clip']);
    // 5 frames of 16 cells, then 2 frames of 16 cells in both windows at once.
    expect(cells[1]![2]).toMatch(/^80, \d+\.\d\d s$/);
    expect(cells[2]![2]).toMatch(/^32, \d+\.\d\d s$/);
    const measures = await page.evaluate(() =>
      performance.getEntriesByType('measure').map(({ name }) => name),
    );
    expect(measures).toEqual([
      'flipbook:stage tokenize',
      'flipbook:stage keyframes',
      'flipbook:stage interpolate 1',
    ]);
    await context.close();
  });

  it('grows the clip over the rounds and never loses a frame', async () => {
    const { page, context } = await openApp({ query: `${MICRO}&prompt=a+fox&seed=3` });
    await untilStage(page, ['idle']);
    await page.evaluate(() => {
      const canvas = document.querySelector('.preview');
      const seen: string[] = [];
      Object.assign(window, { seen });
      new MutationObserver(() => {
        seen.push(`${canvas?.getAttribute('data-stage')} ${canvas?.getAttribute('data-frames')}`);
      }).observe(canvas as Node, { attributes: true });
    });
    await button(page, 'Generate').click();
    await untilStage(page, ['complete']);
    const seen = await page.evaluate(() => (window as unknown as { seen: string[] }).seen);
    const counts = seen.map((entry) => Number(entry.split(' ')[1]));
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    const stages = [...new Set(seen.map((entry) => entry.split(' ')[0]))];
    expect(stages.filter((stage) => stage !== 'decode')).toEqual(
      stages.includes('loading')
        ? ['loading', 'tokenize', 'keyframes', 'interpolate', 'complete']
        : ['tokenize', 'keyframes', 'interpolate', 'complete'],
    );
    await context.close();
  });

  it('cancels, keeps what is drawn and draws again', async () => {
    const { page, context } = await openApp({ query: `${MICRO}&prompt=a+fox` });
    await untilStage(page, ['idle']);
    await pressAtFrames(page, 'Cancel', 2);
    await button(page, 'Generate').click();
    await untilStage(page, ['cancelled']);
    const kept = await frameCount(page);
    expect(kept).toBeGreaterThanOrEqual(2);
    expect(kept).toBeLessThan(33);
    expect(await button(page, 'Export MP4').isEnabled()).toBe(true);
    await button(page, 'Generate').click();
    await untilStage(page, ['complete']);
    expect(await frameCount(page)).toBe(33);
    await context.close();
  });

  it('gives identical frames twice for a link, and others for another seed', async () => {
    const draw = async (seed: number): Promise<string[]> => {
      const link = `${MICRO}&prompt=a+red+car&seed=${seed}&rounds=1&run=1`;
      const { page, context } = await openApp({ query: link });
      await untilStage(page, ['complete']);
      await untilFrames(page, 9);
      const hashes = await frameHashes(page);
      await context.close();
      return hashes;
    };
    const first = await draw(11);
    expect(first).toHaveLength(9);
    expect(await draw(11)).toEqual(first);
    expect(await draw(12)).not.toEqual(first);
  });

  it('shows a link ready and waits to be asked', async () => {
    const query = `${MICRO}&prompt=a+zebra&seed=42&temperature=1.1&rounds=0`;
    const { page, context } = await openApp({ query });
    await untilStage(page, ['idle']);
    expect(await promptBox(page).inputValue()).toBe('a zebra');
    await page.getByText('Settings', { exact: true }).click();
    expect(await page.getByLabel('Seed', { exact: true }).inputValue()).toBe('42');
    expect(await page.getByLabel('Temperature').inputValue()).toBe('1.1');
    expect(await page.getByLabel('Rounds').inputValue()).toBe('0');
    expect(await frameCount(page)).toBe(0);
    await context.close();
  });

  it('is usable with the keyboard alone', async () => {
    const { page, context } = await openApp({ query: `${MICRO}&rounds=1&seed=5` });
    await expect
      .poll(() => promptBox(page).evaluate((box) => box === document.activeElement), SOON)
      .toBe(true);
    await page.keyboard.type('a horse runs');
    await page.keyboard.press('Control+Enter');
    await untilStage(page, ['complete']);
    const focused = () =>
      page.evaluate(() => {
        const element = document.activeElement;
        return element?.getAttribute('aria-label') ?? element?.textContent ?? '';
      });
    for (let count = 0; count < 40 && !(await focused()).startsWith('Frame 1 '); count += 1) {
      await page.keyboard.press('Tab');
    }
    // Every frame says what the storyboard has planned for it.
    expect(await focused()).toBe('Frame 1 of 9, key frame: runs');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('Frame 2 of 9, in-between frame, round 1: runs');
    await page.keyboard.press('End');
    expect(await focused()).toBe('Frame 9 of 9, key frame: runs');
    await page.keyboard.press('PageUp');
    expect(await focused()).toBe('Frame 7 of 9, key frame: runs');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByText('Frame 7 of 9', { exact: true }).count(), SOON).toBe(1);
    const [shown, chosen] = await page.evaluate(() => {
      const read = (selector: string) =>
        document.querySelector<HTMLCanvasElement>(selector)?.toDataURL();
      return [read('.preview'), read('[data-slot="6"] canvas')];
    });
    expect(shown).toBe(chosen);
    await context.close();
  });

  it('holds still where motion is not wanted', async () => {
    const { page, context } = await openApp({
      query: `${MICRO}&prompt=a+fox&rounds=0&run=1`,
      prepare: (opened) => opened.emulateMedia({ reducedMotion: 'reduce' }),
    });
    await untilStage(page, ['complete']);
    expect(await button(page, 'Play').isEnabled()).toBe(true);
    const picture = () =>
      preview(page).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const before = await picture();
    await page.waitForTimeout(600);
    expect(await picture()).toBe(before);
    await context.close();
  });
});
