import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

/** The TypeScript that Node and browser share, as modules: Node cannot read it by itself everywhere. */
export async function loadStepModules() {
  const load = async (/** @type {string} */ file) => {
    const path = fileURLToPath(new URL(`./steps/${file}`, import.meta.url));
    /** @type {{ module: unknown }} */
    const { module } = await runnerImport(path, { configFile: false, logLevel: 'error' });
    return module;
  };
  return {
    types: /** @type {typeof import('./steps/stepTypes')} */ (await load('stepTypes.ts')),
    works: /** @type {typeof import('./steps/stepWorks')} */ (await load('stepWorks.ts')),
    native: /** @type {typeof import('./steps/nativeSteps')} */ (await load('nativeSteps.ts')),
    parallel: /** @type {typeof import('./steps/parallelSteps')} */ (
      await load('parallelSteps.ts')
    ),
    cost: /** @type {typeof import('./steps/stepCost')} */ (await load('stepCost.ts')),
  };
}
