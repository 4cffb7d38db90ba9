/** The built app in a headless Chromium, used as a person uses it. */
import { buildWhenStale, builtApp } from '../buildWhenStale.mjs';
import { launchChromium } from '../launchChromium.mjs';
import { serveDirectory } from '../serve.mjs';
import { UsageError } from './usageError.mjs';

/** A page that shows no change for this long hangs; the slowest step takes a few seconds. */
const STALLED_MILLISECONDS = 300_000;
const LOOK_MILLISECONDS = 250;

const BUTTONS = { mp4: 'Export MP4', gif: 'Export GIF', png: 'Export PNG frames' };

/**
 * @typedef {import('../../src/state/timingMarks').JobMark} JobMark
 * @typedef {import('../../src/state/timingMarks').ModelMark} ModelMark
 * @typedef {import('./generateArguments.mjs').ExportFormat} ExportFormat
 * @typedef {import('playwright-core').Page} Page
 * @typedef {import('playwright-core').Browser} Browser
 *
 * @typedef {object} PageStatus
 * @property {string} stage the preview's stage, e.g. keyframes
 * @property {number} frames finished so far
 * @property {string} text of the progress bar
 *
 * @typedef {(status: PageStatus) => void} ShowStatus
 *
 * @typedef {object} OpenOptions
 * @property {Record<string, string>} [link] parameters of the address
 * @property {Record<string, string>} [mounts] folders to serve beside the app
 * @property {ShowStatus} [showStatus]
 * @property {(context: import('playwright-core').BrowserContext) => void} [prepare] listens, before
 *   the page is opened
 * @property {string[]} [browserArgs] further flags of the browser
 */

/**
 * Builds where needed, serves, opens, runs `work`, and closes everything whatever happens.
 *
 * @template Result
 * @param {OpenOptions} options
 * @param {(page: FlipbookPage) => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function withFlipbookPage(options, work) {
  const { link = {}, mounts = {}, showStatus, prepare, browserArgs = [] } = options;
  buildWhenStale();
  const served = await serveDirectory({ root: builtApp, mounts });
  try {
    const browser = await launchChromium({ args: browserArgs });
    try {
      const context = await browser.newContext({ locale: 'en-US', acceptDownloads: true });
      prepare?.(context);
      const url = `${served.url}?${new URLSearchParams(link).toString()}`;
      const flipbook = new FlipbookPage(browser, await context.newPage(), url, showStatus);
      await flipbook.open();
      return await work(flipbook);
    } finally {
      await browser.close();
    }
  } finally {
    await served.close();
  }
}

export class FlipbookPage {
  /** @type {string | null} */
  #crash = null;

  /**
   * @param {Browser} browser
   * @param {Page} page
   * @param {string} url of the page with its link parameters
   * @param {ShowStatus} [showStatus]
   */
  constructor(browser, page, url, showStatus = () => undefined) {
    this.browser = browser;
    this.page = page;
    this.url = url;
    this.showStatus = showStatus;
    page.on('crash', () => (this.#crash = 'The browser ended the page; it may lack memory.'));
  }

  /** Opens the page, or opens it again as a later visit would. */
  async open() {
    await this.page.goto('about:blank');
    await this.page.goto(this.url);
  }

  /**
   * Waits until the model is loaded. Throws UsageError for settings that the page refuses.
   *
   * @returns {Promise<Extract<ModelMark, { status: 'ready' }>>}
   */
  async modelReady() {
    const mark = await this.#until(() => this.#lastMark('flipbook:model', 0));
    if (mark.status === 'failed') throw new Error(mark.failure.message);
    const notice = this.page.getByRole('alert').getByRole('listitem');
    const problems = await notice.allInnerTexts();
    if (problems.length > 0) {
      // A person may go on with defaults; a script that asked for something must not.
      throw new UsageError(problems.join('\n').replaceAll(' The default is used.', ''));
    }
    return mark;
  }

  /**
   * Draws one clip. Throws UsageError for a prompt or seed that the page refuses.
   *
   * @param {string} prompt
   * @param {number} seed
   * @returns {Promise<Extract<JobMark, { status: 'complete' }>>}
   */
  async generate(prompt, seed) {
    await this.#fillSeed(seed);
    await this.page.getByRole('textbox', { name: 'Prompt' }).fill(prompt);
    const before = await this.#marks('flipbook:job');
    await this.page.getByRole('button', { name: 'Generate', exact: true }).click();
    const mark = await this.#until(async () => {
      const refusal = this.page.locator('form').getByRole('alert').filter({ hasText: /\S/ });
      if ((await refusal.count()) > 0) {
        throw new UsageError((await refusal.locator('p').last().innerText()).trim());
      }
      return this.#lastMark('flipbook:job', before.length);
    });
    if (mark.status === 'failed') throw new Error(mark.failure.message);
    if (mark.status === 'cancelled') throw new Error('The job was cancelled.');
    return mark;
  }

  /**
   * Saves the clip by the page's own button.
   *
   * @param {ExportFormat} format
   * @param {(suggestedName: string) => string} pathFor
   * @returns {Promise<{ path: string, summary: string }>} the file, and what the page says of it
   */
  async save(format, pathFor) {
    const panel = this.page.getByRole('region', { name: 'Save the clip' });
    const downloading = this.page.waitForEvent('download', { timeout: STALLED_MILLISECONDS });
    downloading.catch(() => undefined); // An error of the page comes first.
    await panel.getByRole('button', { name: BUTTONS[format], exact: true }).click();
    const failed = panel.getByRole('alert');
    const download = await Promise.race([
      downloading,
      failed.waitFor({ timeout: STALLED_MILLISECONDS }).then(async () => {
        throw new Error((await failed.locator('p').last().innerText()).trim());
      }),
    ]);
    const path = pathFor(download.suggestedFilename());
    await download.saveAs(path);
    const summary = await panel.getByRole('status').innerText();
    return { path, summary: summary.trim().replaceAll(/\s+/g, ' ') };
  }

  /** @param {number} seed */
  async #fillSeed(seed) {
    const panel = this.page.locator('details', { hasText: 'Settings' });
    if ((await panel.getAttribute('open')) === null) {
      await panel.locator('summary').click();
    }
    await panel.getByRole('spinbutton', { name: 'Seed' }).fill(String(seed));
  }

  /**
   * All marks of a name.
   *
   * @param {'flipbook:model' | 'flipbook:job'} name
   * @returns {Promise<unknown[]>}
   */
  #marks(name) {
    return this.page.evaluate((markName) => {
      const marks = /** @type {PerformanceMark[]} */ (performance.getEntriesByName(markName));
      return marks.map((mark) => /** @type {unknown} */ (mark.detail));
    }, name);
  }

  /**
   * The newest mark beyond the first `known` ones; null when there is none.
   *
   * @template {'flipbook:model' | 'flipbook:job'} Name
   * @param {Name} name
   * @param {number} known
   */
  async #lastMark(name, known) {
    const marks = await this.#marks(name);
    return /** @type {(Name extends 'flipbook:job' ? JobMark : ModelMark) | null} */ (
      marks.slice(known).at(-1) ?? null
    );
  }

  /**
   * Looks until there is an answer; throws when the page crashed or shows no change any more.
   *
   * @template Answer
   * @param {() => Promise<Answer | null>} look
   * @returns {Promise<Answer>}
   */
  async #until(look) {
    let shown = '';
    let changed = Date.now();
    for (;;) {
      const answer = await look().catch((error) => {
        throw this.#crash ? new Error(this.#crash) : error;
      });
      if (answer !== null) return answer;
      const status = await this.#status();
      if (JSON.stringify(status) !== shown) {
        shown = JSON.stringify(status);
        changed = Date.now();
        this.showStatus(status);
      }
      if (Date.now() - changed > STALLED_MILLISECONDS) {
        throw new Error(`Nothing moved for ${STALLED_MILLISECONDS / 1000} s (${status.text}).`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
    }
  }

  /** @returns {Promise<PageStatus>} */
  async #status() {
    const preview = this.page.getByRole('img', { name: 'Preview' });
    const progress = this.page.getByRole('progressbar');
    return {
      stage: (await preview.getAttribute('data-stage')) ?? '',
      frames: Number(await preview.getAttribute('data-frames')),
      text: (await progress.getAttribute('aria-valuetext')) ?? '',
    };
  }
}
