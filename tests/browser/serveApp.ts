/** Runs once before the browser tests: builds the app where it is stale and serves it. */
import type { TestProject } from 'vitest/node';
import { builtApp, buildWhenStale } from '../../scripts/buildWhenStale.mjs';
import { serveDirectory } from '../../scripts/serve.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the served app, with a slash at its end. */
    appUrl: string;
  }
}

export default async function serveApp(project: TestProject): Promise<() => Promise<void>> {
  buildWhenStale();
  const served = await serveDirectory({ root: builtApp });
  project.provide('appUrl', served.url);
  return served.close;
}
