import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../headless/usageError.mjs';
import { projectRoot } from '../projectRoot.mjs';

export const BENCH_USAGE = `
npm run bench -- [--model DIR] [--json FILE] [--prompt TEXT] [--clips N] [--smoke]

Measures the built page in a headless browser: download, loads, steps, clip, export, memory,
on WebAssembly with 1 and 2 threads.

  --model DIR    a model package's folder, or the name of one under public/models
  --json FILE    also writes the figures as JSON
  --prompt TEXT  default: the model's first example
  --clips N      clips in a row for each number of threads, default 1; figures are medians
  --smoke        the test model and one round, to see that everything works: the figures mean nothing
`.trim();

const TEST_MODEL = join(projectRoot, 'tests', 'fixtures', 'models', 'micro');

/**
 * @typedef {object} BenchArguments
 * @property {string | undefined} model
 * @property {string | undefined} json
 * @property {string | undefined} prompt
 * @property {number} clips
 * @property {Record<string, string>} link further parameters of the page's address
 */

/**
 * @param {string[]} argv
 * @returns {BenchArguments | 'help'}
 */
export function parseBenchArguments(argv) {
  const { model, json, prompt, clips, smoke, help } = optionValues(argv);
  if (help) return 'help';
  if (smoke && model) throw new UsageError('--smoke has a model of its own: leave out --model.');
  const count = Number(clips ?? '1');
  if (!Number.isInteger(count) || count < 1) {
    throw new UsageError(`--clips must be a whole number from 1, but is ${clips}.`);
  }
  const link = /** @type {Record<string, string>} */ (smoke ? { rounds: '1' } : {});
  return { model: smoke ? TEST_MODEL : model, json, prompt, clips: count, link };
}

/** @param {string[]} argv */
function optionValues(argv) {
  const text = /** @type {const} */ ({ type: 'string' });
  const flag = /** @type {const} */ ({ type: 'boolean' });
  const options = { model: text, json: text, prompt: text, clips: text, smoke: flag, help: flag };
  try {
    return parseArgs({ args: argv, options }).values;
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message);
  }
}
