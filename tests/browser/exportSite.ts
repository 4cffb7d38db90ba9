/** Builds the page that holds the export module alone, and serves it. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { projectRoot } from '../../scripts/projectRoot.mjs';
import { serveDirectory, type ServedDirectory } from '../../scripts/serve.mjs';
import type { ExporterName, SavedFile } from './exportPage/page';
import { openApp } from './openApp';

interface ExportSite {
  /** @param workerPrelude a script that runs in the export worker before its own */
  serve(workerPrelude?: string): Promise<ServedDirectory>;
  remove(): void;
}

async function buildExportSite(): Promise<ExportSite> {
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-export-'));
  const root = join(folder, 'page');
  await build({
    configFile: false,
    mode: 'production',
    logLevel: 'error',
    root: join(projectRoot, 'tests', 'browser', 'exportPage'),
    base: './',
    worker: { format: 'es' },
    build: { target: 'es2023', outDir: root },
  });
  return {
    serve: (workerPrelude) =>
      serveDirectory({ root: workerPrelude ? changedCopy(folder, root, workerPrelude) : root }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function changedCopy(folder: string, root: string, workerPrelude: string): string {
  const copy = mkdtempSync(join(folder, 'changed-'));
  cpSync(root, copy, { recursive: true });
  const assets = join(copy, 'assets');
  const worker = readdirSync(assets).find((name) => name.startsWith('export.worker'));
  if (!worker) throw new Error('The export worker is not a file of its own.');
  const path = join(assets, worker);
  writeFileSync(path, `${workerPrelude};\n${readFileSync(path, 'utf8')}`);
  return copy;
}

/**
 * The site for the tests of one file.
 *
 * @returns opens the page; closed after each test
 */
export function useExportSite(): (workerPrelude?: string) => Promise<Page> {
  let site: ExportSite;
  beforeAll(async () => {
    site = await buildExportSite();
  });
  afterAll(() => site.remove());

  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const thing of opened.splice(0).reverse()) await thing.close();
  });
  return async (workerPrelude) => {
    const served = await site.serve(workerPrelude);
    opened.push(served);
    const { page, context } = await openApp({ url: served.url });
    opened.push(context);
    await page.waitForFunction(() => 'exportPage' in globalThis);
    return page;
  };
}

/** Exports the sample clip. */
export function trySave(page: Page, name: ExporterName, frames: number, side = 96) {
  return page.evaluate(([n, f, s]) => exportPage.save(n, f, s), [name, frames, side] as const);
}

/** The same, where it must work. */
export async function save(
  page: Page,
  name: ExporterName,
  frames: number,
  side?: number,
): Promise<{ file: SavedFile; bytes: Uint8Array }> {
  const { file, failure } = await trySave(page, name, frames, side);
  if (!file) throw new Error(`${failure?.kind}: ${failure?.message}`);
  return { file, bytes: new Uint8Array(Buffer.from(file.base64, 'base64')) };
}
