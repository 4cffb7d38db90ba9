/** Builds the page that holds the worker alone, and serves it beside model packages. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/projectRoot.mjs';
import { serveDirectory, type ServedDirectory } from '../../scripts/serve.mjs';
import { buildTestPage } from './buildTestPage';

export const MICRO = join(projectRoot, 'tests', 'fixtures', 'models', 'micro');

export interface PipelineSite {
  /** The built page; serve it with other headers or mounts where a test needs them. */
  root: string;
  /** A copy of the micro package that a test may damage. */
  copyPackage(name: string): string;
  serve(options?: { headers?: Record<string, string> }): Promise<ServedDirectory>;
  remove(): void;
}

/** A fresh build, beside a copy of the micro package. */
export async function buildPipelineSite(): Promise<PipelineSite> {
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-pipeline-'));
  const root = join(folder, 'page');
  await buildTestPage('pipelinePage', root);
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
