import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, inject } from 'vitest';
import { launchChromium } from '../../scripts/launchChromium.mjs';

export interface OpenOptions {
  /** Added to the app's address, e.g. "?backend=wasm&prompt=a%20fox". */
  query?: string;
  /** Another server's address, with a slash at its end. Default: the built app. */
  url?: string;
  /** A context made by `newContext`, to share storage and caches between pages. */
  context?: BrowserContext;
  /** Runs before the page loads: routes, init scripts, listeners. */
  prepare?: (page: Page) => Promise<void>;
  /** Interface language. Default: en-US. */
  locale?: string;
  viewport?: { width: number; height: number };
}

export interface OpenedApp {
  page: Page;
  context: BrowserContext;
  /** Console errors and uncaught errors of the page, as they come in. */
  errors: string[];
  /** Addresses of all requests: page, workers and service worker. */
  requests: string[];
}

/** For a machine that is busy with something else. */
const PATIENCE_MILLISECONDS = 60_000;

let browser: Promise<Browser> | undefined;

/** The one Chromium of a test file, with the software WebGPU adapter; closed after its tests. */
export function sharedChromium(): Promise<Browser> {
  browser ??= launchChromium();
  return browser;
}

afterAll(async () => {
  const running = await browser;
  browser = undefined;
  await running?.close();
});

/** A fresh profile: no storage, no caches, no service worker. */
export async function newContext(options: Pick<OpenOptions, 'locale' | 'viewport'> = {}) {
  const { locale = 'en-US', viewport = { width: 1280, height: 900 } } = options;
  const chromium = await sharedChromium();
  const context = await chromium.newContext({ locale, viewport, acceptDownloads: true });
  context.setDefaultTimeout(PATIENCE_MILLISECONDS);
  return context;
}

/**
 * Opens the served app in a new page: of the given context, else of a fresh one. Close the context
 * (`await app.context.close()`) at the end of the test.
 */
export async function openApp(options: OpenOptions = {}): Promise<OpenedApp> {
  const context = options.context ?? (await newContext(options));
  const page = await context.newPage();
  const errors: string[] = [];
  const requests: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  context.on('request', (request) => requests.push(request.url()));
  await options.prepare?.(page);
  await page.goto((options.url ?? inject('appUrl')) + (options.query ?? ''));
  return { page, context, errors, requests };
}
