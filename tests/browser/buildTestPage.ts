/** Builds a page of the tests that runs onnxruntime-web in a worker. */
import { join } from 'node:path';
import { build } from 'vite';
import { projectRoot } from '../../scripts/projectRoot.mjs';
import { onnxRuntimeFiles } from '../../scripts/vite/onnxRuntimeFiles.ts';

/**
 * Built as the app is: the same worker format, resolution and runtime files.
 *
 * @param name folder of the page below tests/browser
 * @param outDir where the built page goes
 */
export async function buildTestPage(name: string, outDir: string): Promise<void> {
  await build({
    configFile: false,
    mode: 'production',
    logLevel: 'error',
    root: join(projectRoot, 'tests', 'browser', name),
    base: './',
    plugins: [onnxRuntimeFiles()],
    resolve: { conditions: ['onnxruntime-web-use-extern-wasm', 'module', 'browser'] },
    worker: { format: 'es' },
    build: { target: 'es2023', outDir },
  });
}
