/** Builds the page that holds the worker alone, and serves it beside model packages. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { projectRoot } from '../../scripts/projectRoot.mjs';
import { serveDirectory, type ServedDirectory } from '../../scripts/serve.mjs';
import { onnxRuntimeFiles } from '../../scripts/vite/onnxRuntimeFiles.ts';

export const MICRO = join(projectRoot, 'tests', 'fixtures', 'models', 'micro');

export interface PipelineSite {
  /** The built page; serve it with other headers or mounts where a test needs them. */
  root: string;
  /** A copy of the micro package that a test may damage. */
  copyPackage(name: string): string;
  serve(options?: { headers?: Record<string, string> }): Promise<ServedDirectory>;
  remove(): void;
}

/** Built as the app is: the same worker format, resolution and runtime files. */
export async function buildPipelineSite(): Promise<PipelineSite> {
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-pipeline-'));
  const root = join(folder, 'page');
  await build({
    configFile: false,
    mode: 'production',
    logLevel: 'error',
    root: join(projectRoot, 'tests', 'browser', 'pipelinePage'),
    base: './',
    plugins: [onnxRuntimeFiles()],
    resolve: { conditions: ['onnxruntime-web-use-extern-wasm', 'module', 'browser'] },
    worker: { format: 'es' },
    build: { target: 'es2023', outDir: root },
  });
  const models = join(folder, 'models');
  cpSync(MICRO, join(models, 'micro'), { recursive: true });
  return {
    root,
    copyPackage(name) {
      cpSync(MICRO, join(models, name), { recursive: true });
      return join(models, name);
    },
    serve: (options = {}) => serveDirectory({ root, mounts: { '/models/': models }, ...options }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
