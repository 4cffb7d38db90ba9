/** The built app as its hosts see it: policy, isolation, no other origin, no network. */
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { builtApp } from '../../scripts/buildWhenStale.mjs';
import { serveDirectory, type ServedDirectory, type ServeOptions } from '../../scripts/serve.mjs';
import { newContext, openApp } from './openApp';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close();
});

async function open(options: Parameters<typeof openApp>[0] = {}) {
  const app = await openApp(options);
  opened.push(app.context);
  return app;
}

async function serve(options: ServeOptions): Promise<ServedDirectory> {
  const served = await serveDirectory(options);
  opened.push(served);
  return served;
}

const underServiceWorker = (page: Page) =>
  page.waitForFunction(() => navigator.serviceWorker.controller !== null);

const prompt = (page: Page) => page.getByRole('textbox', { name: 'Prompt' });

describe('policy', () => {
  it('holds: no inline script, no eval, no other origin', async () => {
    const { page } = await open();
    const outcome = await page.evaluate(async () => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.inlineRan = true';
      document.head.append(script);
      // The debugger's own call is exempt from the policy; what it starts for later is not.
      const evaluated = await new Promise<boolean>((resolve) => {
        setTimeout(() => {
          try {
            resolve(globalThis.eval('1 + 1') === 2);
          } catch {
            resolve(false);
          }
        });
      });
      const fetched = await fetch('https://example.com/').then(
        () => true,
        () => false,
      );
      return { inline: 'inlineRan' in globalThis, evaluated, fetched };
    });
    expect(outcome).toEqual({ inline: false, evaluated: false, fetched: false });
  });

  it('is in the page itself, for hosts that send no headers', async () => {
    const bare = await serve({ root: builtApp, headers: {} });
    const { page } = await open({ url: bare.url });
    const blocked = page.evaluate(async () => {
      const violation = new Promise<string>((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => {
          resolve(event.effectiveDirective);
        });
      });
      void fetch('https://example.com/').catch(() => undefined);
      return violation;
    });
    expect(await blocked).toBe('connect-src');
  });

  it('is never broken by the app, which asks no other origin for anything', async () => {
    const { page, errors, requests } = await open();
    await prompt(page).waitFor();
    await underServiceWorker(page);
    await page.waitForLoadState('networkidle');
    const { origin } = new URL(inject('appUrl'));
    const foreign = requests.filter((url) => !url.startsWith(origin) && !url.startsWith('blob:'));
    expect(requests.length).toBeGreaterThan(2);
    expect(foreign).toEqual([]);
    expect(errors).toEqual([]);
  });
});

describe('isolation', () => {
  it('is on under the server of npm start', async () => {
    const { page } = await open();
    expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
  });

  it('comes from the service worker on a host without headers, below any path', async () => {
    const bare = await serve({
      root: 'tests/fixtures',
      mounts: { '/below/here/': builtApp },
      headers: {},
    });
    const { page } = await open({ url: `${bare.url}below/here/` });
    await page.waitForFunction(() => globalThis.crossOriginIsolated);
    await prompt(page).waitFor();
    const threads = await page.evaluate(() => typeof SharedArrayBuffer);
    expect(threads).toBe('function');
  });
});

describe('without a network', () => {
  it('keeps a runtime binary that was used once, and no other', async () => {
    const served = await serveDirectory({ root: builtApp });
    const { page, context } = await openApp({ url: served.url });
    opened.push(context);
    await underServiceWorker(page);
    const download = (name: string) =>
      page.evaluate(async (path) => {
        const response = await fetch(path).catch(() => null);
        const bytes = (await response?.arrayBuffer())?.byteLength ?? 0;
        return { type: response?.headers.get('content-type') ?? null, bytes };
      }, `ort/${name}`);
    const online = await download('ort-wasm-simd-threaded.wasm');
    expect(online.bytes).toBeGreaterThan(1_000_000);
    await served.close();
    expect(await download('ort-wasm-simd-threaded.wasm')).toEqual(online);
    expect(online.type).toBe('application/wasm');
    expect(await download('ort-wasm-simd-threaded.asyncify.wasm')).toEqual({
      type: null,
      bytes: 0,
    });
  });

  it('opens again, with a link of its own, when the server is gone', async () => {
    const served = await serveDirectory({ root: builtApp });
    const context = await newContext();
    opened.push(context);
    const first = await openApp({ context, url: served.url });
    await underServiceWorker(first.page);
    await served.close();
    await expect(fetch(served.url)).rejects.toThrow();

    await first.page.reload();
    await prompt(first.page).waitFor();
    const second = await openApp({ context, url: served.url, query: '?prompt=a%20fox&seed=7' });
    await prompt(second.page).waitFor();
    expect(await prompt(second.page).inputValue()).toBe('a fox');
    expect(await second.page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
  });
});
