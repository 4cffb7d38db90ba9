/** What goes wrong is said in words, and the page stays usable. */
import type { Page, Worker } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import {
  alert,
  button,
  frameCount,
  MICRO,
  promptBox,
  SOON,
  untilFrames,
  untilStage,
} from './clipPage';
import { openApp } from './openApp';

async function drawsAgain(page: Page): Promise<void> {
  await promptBox(page).fill('a fox');
  await button(page, 'Generate').click();
  await untilStage(page, ['complete']);
}

function pipelineWorker(page: Page): Worker {
  const worker = page.workers().find((candidate) => candidate.url().includes('pipeline.worker'));
  if (!worker) throw new Error('The page has no pipeline worker.');
  return worker;
}

describe('prompts that cannot be drawn', () => {
  it.each([
    ['an empty one', '', 'The prompt is empty'],
    ['10,000 characters', 'lion '.repeat(2000), '9999 characters; at most 500'],
    ['emoji only', '🦁💧🏞️', 'no words'],
    ['words it never saw', 'two elephants', 'knows no word of “two elephants”'],
  ])('%s', async (_, prompt, message) => {
    const { page, context, errors } = await openApp({ query: `${MICRO}&rounds=0` });
    await untilStage(page, ['idle']);
    await promptBox(page).fill(prompt);
    await button(page, 'Generate').click();
    await expect.poll(() => alert(page).allInnerTexts(), SOON).toHaveLength(1);
    expect(await alert(page).innerText()).toContain(message);
    expect(await promptBox(page).getAttribute('aria-invalid')).toBe('true');
    expect(await promptBox(page).evaluate((box) => box === document.activeElement)).toBe(true);
    await drawsAgain(page);
    expect(await alert(page).count()).toBe(0);
    expect(errors).toEqual([]);
    await context.close();
  });

  it('words the model never saw are named', async () => {
    const { page, context } = await openApp({ query: MICRO });
    await untilStage(page, ['idle']);
    await promptBox(page).fill('a lion plays saxophone 在湖边 🎷');
    await expect.poll(() => page.locator('mark').allInnerTexts(), SOON).toContain('saxophone');
    expect(await page.locator('mark').allInnerTexts()).not.toContain('lion');
    await promptBox(page).fill('a lionn and a lionn');
    await button(page, 'lion').click();
    expect(await promptBox(page).inputValue()).toBe('a lion and a lion');
    await expect.poll(() => page.locator('mark').count(), SOON).toBe(0);
    await context.close();
  });
});

describe('links', () => {
  it('names invalid values, uses the defaults and stays usable', async () => {
    const bad = '&seed=-5&guidance=abc&temperature=99&topk=1.5&rounds=77&rate=13';
    const { page, context, errors } = await openApp({ query: `?model=micro&backend=gpu${bad}` });
    await untilStage(page, ['idle']);
    const text = await alert(page).innerText();
    for (const field of ['seed', 'guidance', 'temperature', 'topk', 'rounds', 'rate', 'backend']) {
      expect(text).toContain(`“${field}” must be`);
    }
    await page.getByText('Settings', { exact: true }).click();
    expect(await page.getByLabel('Temperature').inputValue()).toBe('0.8');
    expect(await page.getByLabel('Rounds').inputValue()).toBe('3');
    await page.getByLabel('Rounds').fill('0');
    await drawsAgain(page);
    expect(await frameCount(page)).toBe(5);
    await button(page, 'Dismiss').click();
    expect(await alert(page).count()).toBe(0);
    expect(errors).toEqual([]);
    await context.close();
  });

  it('says what to do when the model is not there', async () => {
    const { page, context } = await openApp({ query: '?model=nothing&backend=wasm' });
    await untilStage(page, ['failed']);
    expect(await alert(page).getAttribute('data-kind')).toMatch(/ModelDownload|InvalidManifest/);
    expect(await button(page, 'Load again').isEnabled()).toBe(true);
    await context.close();
  });
});

describe('settings', () => {
  it('says what is wrong with a number and goes on with the last good one', async () => {
    const { page, context } = await openApp({ query: `${MICRO}&prompt=a+fox&rounds=0` });
    await untilStage(page, ['idle']);
    await page.getByText('Settings', { exact: true }).click();
    await page.getByLabel('Temperature').fill('7');
    await expect
      .poll(() => page.getByText('Must be a number from 0.05 to 2. 0.8 is used.').count(), SOON)
      .toBe(1);
    await button(page, 'Generate').click();
    await untilStage(page, ['complete']);
    expect(new URL(page.url()).searchParams.get('temperature')).toBe('0.8');
    await context.close();
  });
});

/**
 * Runs in the worker: once it has sent its third finished frame it closes itself without a word,
 * or an error is thrown that no call catches.
 */
function dieAfterThreeFrames(death: 'close' | 'throw'): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on its port below
  const post = MessagePort.prototype.postMessage as (call: unknown, transfer?: unknown) => void;
  let finished = 0;
  MessagePort.prototype.postMessage = function (this: MessagePort, call: unknown, transfer) {
    post.call(this, call, transfer);
    const progress = (call as { argumentList?: { value?: { drawn?: number } }[] } | null)
      ?.argumentList?.[0]?.value;
    if (progress?.drawn !== 1) return;
    finished += 1;
    if (finished !== 3) return;
    if (death === 'close') self.close();
    else {
      setTimeout(() => {
        throw new Error('provoked');
      });
    }
  };
}

describe('a worker that dies in the middle of a clip', () => {
  it.each([
    ['ends without a word', 'close'],
    ['throws outside of any call', 'throw'],
  ] as const)('%s: frames stay, the page says so and draws again', async (_, death) => {
    const { page, context } = await openApp({ query: `${MICRO}&prompt=a+fox` });
    await untilStage(page, ['idle']);
    await pipelineWorker(page).evaluate(dieAfterThreeFrames, death);
    await button(page, 'Generate').click();
    await untilStage(page, ['failed']);
    await untilFrames(page, 2, SOON.timeout);
    const kept = await frameCount(page);
    expect(kept).toBeLessThan(33);
    await expect.poll(() => alert(page).count(), SOON).toBe(1);
    expect(await alert(page).getAttribute('data-kind')).toBe('WorkerCrashed');
    expect(await alert(page).innerText()).toContain('kept');
    expect(await button(page, 'Export MP4').isEnabled()).toBe(true);
    await drawsAgain(page);
    expect(await alert(page).count()).toBe(0);
    expect(await frameCount(page)).toBe(33);
    await context.close();
  });

  it('is replaced when it dies idle, without a word to the user', async () => {
    const { page, context } = await openApp({ query: `${MICRO}&rounds=0` });
    await untilStage(page, ['idle']);
    const worker = pipelineWorker(page);
    worker.evaluate(() => self.close()).catch(() => undefined);
    await expect.poll(() => page.workers().includes(worker), SOON).toBe(false);
    await untilStage(page, ['idle']);
    await drawsAgain(page);
    await context.close();
  });
});

describe('a browser that lacks something', () => {
  it('says what, instead of failing later', async () => {
    const { page, context } = await openApp({
      query: MICRO,
      prepare: async (opened) =>
        void (await opened.addInitScript(() => {
          Reflect.deleteProperty(globalThis, 'WebAssembly');
        })),
    });
    await expect.poll(() => alert(page).count(), SOON).toBe(1);
    expect(await alert(page).innerText()).toContain('WebAssembly');
    await context.close();
  });
});
