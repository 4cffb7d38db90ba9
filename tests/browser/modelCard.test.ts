/** The model card in the page: search, words into the prompt, figures, on a phone too. */
import axe from 'axe-core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { projectRoot } from '../../scripts/projectRoot.mjs';
import type { ModelCard } from '../../src/shared/modelCard';
import { button, MICRO, promptBox, SOON, untilStage } from './clipPage';
import { openApp, type OpenOptions } from './openApp';

const both = (en: string, zh: string) => ({ en, zh });
const thing = (en: string, zh: string) => ({
  id: en,
  ...both(en, zh),
  exampleEn: `A ${en}.`,
  exampleZh: `${zh}。`,
});

const CARD: ModelCard = {
  knows: {
    subjects: [thing('lion', '狮子'), thing('red car', '红色汽车')],
    actions: [thing('drinks water', '喝水')],
    places: [thing('at the lake', '在湖边')],
    colours: [],
    times: [],
    weathers: [],
    cameras: [],
  },
  limits: [both('No second subject.', '没有第二个主体。')],
  figures: [
    {
      name: both('Subject, held-out pairs', '主体，未训练的搭配'),
      unit: 'share',
      value: 0.905,
      low: 0.85,
      high: 0.94,
      ceiling: 0.99,
      floor: 0.08,
      clips: 200,
    },
  ],
  data: both('Renders.', '渲染的短片。'),
  licences: [
    { what: both('3D models', '三维模型'), licence: 'CC0', by: 'Q', url: 'https://quaternius.com' },
  ],
  cost: {
    minutes: 101,
    hardware: '2 CPU cores',
    command: 'python -m training.export_onnx --preset cpu',
    commit: 'f'.repeat(40),
    parts: [{ name: both('stage 1', '第一阶段'), minutes: 46.4, steps: 1634 }],
    data: [{ name: both('stage 1', '第一阶段'), sha256: 'a'.repeat(64) }],
  },
};

/** The micro model with this card, as a host would serve it. */
async function openCarded(options: Pick<OpenOptions, 'locale' | 'viewport'> = {}) {
  const path = join(projectRoot, 'tests', 'fixtures', 'models', 'micro', 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as object;
  const opened = await openApp({
    ...options,
    query: MICRO,
    prepare: async (page) => {
      await page.context().route('**/models/micro/manifest.json', (route) =>
        // The header that the host sends with every file: the page is isolated.
        route.fulfill({
          json: { ...manifest, card: CARD },
          headers: { 'Cross-Origin-Resource-Policy': 'same-origin' },
        }),
      );
    },
  });
  await untilStage(opened.page, ['idle']);
  await opened.page.locator('.model-panel > summary').click();
  return opened;
}

const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

it('lists what the model knows, filters it, and puts words into the prompt', async () => {
  const { page, context, errors } = await openCarded();
  await button(page, 'lion 狮子').click();
  await button(page, 'drinks water 喝水').click();
  expect(await promptBox(page).inputValue()).toBe('lion drinks water');
  await promptBox(page).fill('狮子。');
  await button(page, 'at the lake 在湖边').click();
  expect(await promptBox(page).inputValue()).toBe('狮子在湖边。');

  await page.getByRole('searchbox').fill('湖');
  await expect.poll(() => button(page, 'lion 狮子').count(), SOON).toBe(0);
  expect(await button(page, 'at the lake 在湖边').count()).toBe(1);
  await page.getByRole('searchbox').fill('saxophone');
  await expect.poll(() => page.getByText('It never saw “saxophone”').count(), SOON).toBe(1);

  const row = page.getByRole('row', { name: 'Subject, held-out pairs' });
  expect(await row.innerText()).toMatch(/90\.5 % \[85\.0 %, 94\.0 %\]\s+99\.0 %\s+8\.0 %\s+200/);
  expect(await page.getByText('No second subject.').count()).toBe(1);
  expect(await page.getByText('101 minutes on 2 CPU cores').count()).toBe(1);
  expect(await page.getByRole('link', { name: 'quaternius.com' }).count()).toBe(1);
  expect(errors).toEqual([]);
  await context.close();
});

it('fits a phone, in Chinese, and has no violation', async () => {
  const { page, context } = await openCarded({
    locale: 'zh-CN',
    viewport: { width: 360, height: 740 },
  });
  expect(await page.getByText('没有第二个主体。').count()).toBe(1);
  expect(await overflow(page)).toBe(0);
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { violations: found } = await (window as unknown as { axe: typeof axe }).axe.run();
    return found.flatMap(({ id, nodes }) =>
      nodes.map(({ target }) => `${id}: ${target.join(' ')}`),
    );
  });
  expect(violations).toEqual([]);
  await context.close();
});
