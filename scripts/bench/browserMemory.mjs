/** What the browser's processes take, from the operating system. */
import { readFileSync } from 'node:fs';

const SAMPLE_MILLISECONDS = 250;

/** Lets the browser count a page's memory at once instead of at its next garbage collection. */
export const MEASURE_AT_ONCE = '--enable-blink-features=ForceEagerMeasureMemory';

/**
 * @typedef {object} PeakMemory
 * @property {number | null} allProcesses largest sum over the browser's processes, in bytes; shared
 *   pages count once. Null where the system does not tell (only Linux does).
 * @property {number | null} tab largest resident size of the page's process, in bytes
 */

/**
 * Watches the memory of a browser while `work` runs.
 *
 * @template Result
 * @param {import('playwright-core').Browser} browser
 * @param {() => Promise<Result>} work
 * @returns {Promise<{ result: Result, peak: PeakMemory }>}
 */
export async function withPeakMemory(browser, work) {
  const session = await browser.newBrowserCDPSession();
  let all = 0;
  let tab = 0;
  let sampling = Promise.resolve();
  const sample = async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const sizes = processInfo.map(({ id, type }) => ({ type, ...processMemory(id) }));
    all = Math.max(all, sum(sizes.map(({ proportional }) => proportional)));
    const renderers = sizes.filter(({ type }) => type === 'renderer');
    tab = Math.max(tab, ...renderers.map(({ resident }) => resident));
  };
  const timer = setInterval(() => {
    sampling = sampling.then(sample).catch(() => undefined); // A process may end meanwhile.
  }, SAMPLE_MILLISECONDS);
  try {
    const result = await work();
    await sampling;
    await sample();
    return { result, peak: { allProcesses: all || null, tab: tab || null } };
  } finally {
    clearInterval(timer);
    await sampling;
    await session.detach();
  }
}

/**
 * @param {number} pid
 * @returns {{ proportional: number, resident: number }} bytes; 0 where they cannot be read
 */
function processMemory(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const bytes = (/** @type {string} */ name) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
    return { proportional: bytes('Pss'), resident: bytes('Rss') };
  } catch {
    return { proportional: 0, resident: 0 };
  }
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * What the page and its workers hold, by the browser's own count after a collection, in bytes; null
 * where the browser does not say.
 *
 * @param {import('playwright-core').Page} page
 * @returns {Promise<number | null>}
 */
export function pageMemory(page) {
  return page.evaluate(async () => {
    const { measureUserAgentSpecificMemory } =
      /** @type {{ measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }> }} */ (
        /** @type {unknown} */ (performance)
      );
    if (!globalThis.crossOriginIsolated || !measureUserAgentSpecificMemory) return null;
    return (await measureUserAgentSpecificMemory.call(performance)).bytes;
  });
}
