import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runPythonModule } from './pythonModule.mjs';

/**
 * The torch module on the same works. Needs Python with the requirements of training/.
 *
 * @param {string} source folder of the model package
 * @param {number} threads
 * @param {import('./steps/stepTypes').StepRequest} request
 * @returns {{ measured: import('./steps/stepTypes').MeasuredSteps[] } | { skipped: string }}
 */
export function measureTorch(source, threads, { works, steps }) {
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-torch-'));
  try {
    const [input, output] = [join(folder, 'works.json'), join(folder, 'measured.json')];
    writeFileSync(input, JSON.stringify(works));
    const limit = steps === undefined ? [] : ['--steps', String(steps)];
    const options = ['--package', source, '--threads', String(threads), ...limit];
    const skipped = runPythonModule('training.bench_steps', [input, output, ...options]);
    if (skipped !== null) return { skipped };
    return { measured: JSON.parse(readFileSync(output, 'utf8')) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
