/** Builds the page that holds the export module alone, and serves it. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { projectRoot } from '../../scripts/projectRoot.mjs';
import { serveDirectory, type ServedDirectory } from '../../scripts/serve.mjs';

export interface ExportSite {
  /** @param workerPrelude a script that runs in the export worker before its own */
  serve(workerPrelude?: string): Promise<ServedDirectory>;
  remove(): void;
}

export async function buildExportSite(): Promise<ExportSite> {
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
