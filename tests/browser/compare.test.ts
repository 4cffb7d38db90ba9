/** A blind comparison from drawn clips to merged results, as raters do it. */
import axe from 'axe-core';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { projectRoot } from '../../scripts/projectRoot.mjs';
import { button, SOON } from './clipPage';
import { newContext, openApp } from './openApp';

const PROMPTS = ['a lion drinks water at the lake', '狮子在湖边喝水'];
const QUESTIONS = 4;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flipbook-compare-'));
  const prompts = join(folder, 'prompts.txt');
  writeFileSync(prompts, PROMPTS.join('\n'));
  for (const [name, guidance] of [
    ['ours', '2'],
    ['theirs', '1'],
  ] as const) {
    const model = join(projectRoot, 'tests', 'fixtures', 'models', 'micro');
    const settings = ['--model', model, '--backend', 'wasm', '--rounds', '0', '--seed', '7'];
    const out = join(folder, 'study', name);
    const all = [...settings, '--guidance', guidance, '--prompts', prompts, '--out', out];
    const script = join(projectRoot, 'scripts', 'generate.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, ...all], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function openCompare(context: BrowserContext) {
  return openApp({ context, url: `${inject('appUrl')}compare.html` });
}

const alert = (page: Page) => page.getByRole('alert').filter({ hasText: /\S/ });
const choose = (page: Page, path: string) =>
  page.getByLabel('Choose folder', { exact: true }).setInputFiles(path);

/** Answers one pair by keys alone. */
async function voteByKeys(page: Page, key: '1' | '2' | '3'): Promise<void> {
  for (let answered = 0; answered < QUESTIONS; answered++) await page.keyboard.press(key);
  await page.keyboard.press('Enter');
}

async function saveCsv(page: Page): Promise<string> {
  const downloading = page.waitForEvent('download');
  await button(page, 'Save CSV').click();
  const path = join(folder, `votes-${Date.now()}.csv`);
  await (await downloading).saveAs(path);
  return path;
}

/** Rule and element of every violation. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations: found } = await (window as unknown as { axe: typeof axe }).axe.run();
    return found.flatMap(({ id, nodes }) =>
      nodes.map(({ target }) => `${id}: ${target.join(' ')}`),
    );
  });
}

const clipTimes = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('video')].map(({ currentTime, paused, error }) => ({
      currentTime,
      paused,
      error: error?.message ?? null,
    })),
  );

describe('a blind comparison', () => {
  it('votes by keys, survives a reload, exports, and merges another rater', async () => {
    const context = await newContext();
    const { page, errors } = await openCompare(context);
    expect(await violations(page)).toEqual([]);
    await choose(page, join(folder, 'study'));
    await expect.poll(() => page.getByText('2 folders, 2 pairs').count(), SOON).toBe(1);
    await button(page, 'Begin').click();

    // In step, and nothing tells which clip is whose.
    await expect.poll(async () => (await clipTimes(page))[1]?.currentTime, SOON).toBeGreaterThan(0);
    const times = await clipTimes(page);
    expect(times.map(({ error }) => error)).toEqual([null, null]);
    expect(Math.abs(times[0]!.currentTime - times[1]!.currentTime)).toBeLessThan(0.3);
    const html = await page.content();
    expect(html).not.toMatch(/ours|theirs|micro|\.mp4/);
    expect(await violations(page)).toEqual([]);

    await page.keyboard.press('r');
    await voteByKeys(page, '1');
    await expect.poll(() => page.getByText('2 of 2').count(), SOON).toBe(1);
    expect(await page.getByRole('radio', { checked: true }).count()).toBe(0);

    // The vote is kept; the folders are chosen again.
    await page.reload();
    await expect.poll(() => page.getByText('1 vote of 1 rater').count(), SOON).toBe(1);
    await choose(page, join(folder, 'study', 'ours'));
    await choose(page, join(folder, 'study', 'theirs'));
    await button(page, 'Go on (1 of 2 answered)').click();
    await button(page, 'Skip for now').click();
    for (const group of await page.getByRole('group').all()) {
      await group.getByRole('radio', { name: 'Same' }).check();
    }
    await button(page, 'Next pair').click();
    await expect.poll(() => page.getByText('You have answered every pair').count(), SOON).toBe(1);

    await button(page, 'Results').click();
    const rows = page.getByRole('row');
    await expect.poll(() => rows.count(), SOON).toBe(1 + QUESTIONS);
    expect(await page.getByRole('heading', { name: 'ours against theirs' }).count()).toBe(1);
    expect(await page.getByText('2 votes of 1 rater').count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    const csv = readFileSync(await saveCsv(page), 'utf8');
    expect(csv.trim().split('\r\n')).toHaveLength(3);
    for (const prompt of PROMPTS) expect(csv).toContain(prompt);

    // The same file again, with a second rater, a broken row and a file of something else.
    const [header = '', first = ''] = csv.split('\r\n');
    const second = first.replace(/^[^,]+/, 'rater-2');
    const more = join(folder, 'more.csv');
    writeFileSync(more, [header, first, second, 'broken'].join('\r\n'));
    const notes = join(folder, 'notes.csv');
    writeFileSync(notes, 'hello');
    await page.getByLabel('Add CSV files').setInputFiles([more, notes]);
    await expect.poll(() => page.getByText('3 votes of 2 raters').count(), SOON).toBe(1);
    expect(await page.getByText('more.csv: 1 added, 1 already there').count()).toBe(1);
    expect(await page.getByText('Line 4 was left out: prompt is empty').count()).toBe(1);
    expect(await alert(page).innerText()).toContain('“notes.csv” is no file of votes');

    // Who has seen results does not vote on; the next rater does.
    await button(page, 'Back').click();
    expect(await button(page, 'Begin').isDisabled()).toBe(true);
    await button(page, 'Next rater').click();
    await button(page, 'Begin').click();
    await expect.poll(() => page.getByText('1 of 2').count(), SOON).toBe(1);
    expect(errors).toEqual([]);
    await context.close();
  });

  it('says what is wrong with folders, and keeps the good ones', async () => {
    const context = await newContext({ locale: 'zh-CN', viewport: { width: 360, height: 740 } });
    const { page, errors } = await openCompare(context);
    const picker = page.getByLabel('选择文件夹', { exact: true });
    const made = (name: string, text?: string): string => {
      const path = join(folder, name);
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, text === undefined ? 'notes.txt' : 'clips.json'), text ?? 'x');
      return path;
    };
    const one = (file: string, prompt: string) =>
      JSON.stringify({
        format: 1,
        model: { id: 'x', version: '1' },
        clips: [{ prompt, seed: 7, file }],
      });
    const message = async (path: string): Promise<string> => {
      const before = await alert(page).allInnerTexts();
      await picker.setInputFiles(path);
      await expect.poll(() => alert(page).allInnerTexts(), SOON).not.toEqual(before);
      return (await alert(page).allInnerTexts()).join('\n');
    };
    expect(await message(made('empty'))).toContain('“empty”里没有 clips.json');
    expect(await message(made('broken', '{'))).toContain('“broken”的 clips.json 无法使用');
    expect(await message(made('lacking', one('gone.mp4', 'x')))).toContain('1: gone.mp4');
    await picker.setInputFiles(join(folder, 'study'));
    await expect.poll(() => page.getByText('2 对短片').count(), SOON).toBe(1);
    expect(await message(join(folder, 'study', 'ours'))).toContain('已经有一个名为“ours”的文件夹');
    await page.getByRole('button', { name: '开始', exact: true }).click();
    await expect.poll(() => page.locator('video').count(), SOON).toBe(2);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
    expect(errors).toEqual([]);
    await context.close();
  });

  it('is there without a network once the app has been visited', async () => {
    const context = await newContext();
    const { page } = await openCompare(context);
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await expect
      .poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null), SOON)
      .toBe(true);
    await context.setOffline(true);
    await page.reload();
    await expect.poll(() => button(page, 'Begin').count(), SOON).toBe(1);
    await context.close();
  });
});
