import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { projectRoot } from '../projectRoot.mjs';

/** A module that takes longer hangs. */
const MOST_MILLISECONDS = 300_000;

/**
 * Runs a module of training/ where Python and what it needs are there.
 *
 * @param {string} name e.g. training.bench_steps
 * @param {string[]} argv
 * @returns {string | null} why it did not run; null when it did
 */
export function runPythonModule(name, argv) {
  const python = process.env['PYTHON'] ?? 'python3';
  const { error, status, stderr } = spawnSync(python, ['-m', name, ...argv], {
    cwd: projectRoot,
    encoding: 'utf8',
    timeout: MOST_MILLISECONDS,
    // Its threads are an argument; waiting threads must not take the time of others.
    env: { ...process.env, OMP_WAIT_POLICY: 'PASSIVE' },
  });
  if (error) return `${python} could not be started (${error.message})`;
  if (status === 0) return null;
  return stderr.trim().split('\n').at(-1) ?? `${python} ended with status ${status}`;
}
