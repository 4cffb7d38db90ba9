/**
 * The page stays responsive while a clip is drawn: no task of its main thread takes longer than 50 ms
 * of processor time. A PerformanceObserver counts wall time, so that any other program on the machine
 * makes long tasks; traces say what the thread itself computed.
 */
import type { Browser, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { button, MICRO, untilStage } from './clipPage';
import { openApp } from './openApp';

const LONG_MICROSECONDS = 50_000;
const CATEGORIES = ['toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline'];

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Wall time in microseconds; absent: the recording ended before the task did. */
  dur?: number;
  /** Processor time of the thread in microseconds; absent where its clock was not read. */
  tdur?: number;
  args?: { name?: string };
}

/**
 * Processor times in microseconds of the tasks of the renderers' main threads that end during
 * `work`; where the thread's clock was not read, as at the edges of a recording, the wall time.
 */
async function mainThreadTasks(page: Page, work: () => Promise<unknown>): Promise<number[]> {
  const browser = page.context().browser() as Browser;
  await browser.startTracing(page, { categories: CATEGORIES });
  let trace: Buffer;
  try {
    await work();
    // What the work was seen to end with is said within a task; the next one begins behind it.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(trace.toString('utf8')) as { traceEvents: TraceEvent[] };
  const threads = traceEvents
    .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
    .map(({ pid, tid }) => `${pid} ${tid}`);
  return traceEvents
    .filter(({ name, ph }) => ph === 'X' && name.endsWith('RunTask'))
    .filter(({ pid, tid }) => threads.includes(`${pid} ${tid}`))
    .flatMap(({ tdur, dur }) => tdur ?? dur ?? []);
}

it('no long task while a clip is drawn', async () => {
  const { page, context, errors } = await openApp({ query: `${MICRO}&prompt=a+lion&rounds=2` });
  await untilStage(page, ['idle']);
  const tasks = await mainThreadTasks(page, async () => {
    await button(page, 'Generate').click();
    await untilStage(page, ['complete']);
  });
  // Every step of the job sends a message at most, every frame several.
  expect(tasks.length).toBeGreaterThan(50);
  expect(tasks.filter((time) => time > LONG_MICROSECONDS)).toEqual([]);
  expect(errors).toEqual([]);

  // The same method finds a task that computes for long.
  const blocked = await mainThreadTasks(page, () =>
    page.evaluate(() => {
      let sum = 0;
      for (let turn = 0; turn < 5e8; turn++) sum += turn % 7;
      return sum;
    }),
  );
  expect(blocked.filter((time) => time > LONG_MICROSECONDS).length).toBeGreaterThan(0);
  await context.close();
});
