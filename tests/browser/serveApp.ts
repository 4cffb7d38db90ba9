/** Runs once before the browser tests: builds the app where it is stale and serves it. */
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { builtApp, buildWhenStale } from '../../scripts/buildWhenStale.mjs';
import { projectRoot } from '../../scripts/projectRoot.mjs';
import { serveDirectory } from '../../scripts/serve.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the served app, with a slash at its end. */
    appUrl: string;
  }
}

/** The barely trained model of the tests, opened by `?model=micro`. */
const FIXTURE_MODELS = {
  '/models/micro/': join(projectRoot, 'tests', 'fixtures', 'models', 'micro'),
};

export default async function serveApp(project: TestProject): Promise<() => Promise<void>> {
  buildWhenStale();
  const served = await serveDirectory({ root: builtApp, mounts: FIXTURE_MODELS });
  project.provide('appUrl', served.url);
  return served.close;
}
