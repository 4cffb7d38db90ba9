import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../headless/usageError.mjs';
import { projectRoot } from '../projectRoot.mjs';

export const BENCH_USAGE = `
npm run bench -- [--model DIR] [--json FILE] [--prompt TEXT] [--clips N] [--steps N] [--only PART]
                 [--quick]

Measures the built page in a headless browser, on WebAssembly with 1 and 2 threads, in four parts:
  clip    download, loads, a whole clip stage by stage, export, memory
  steps   decode steps of the same graphs and tokens beside native onnxruntime, torch (where Python
          has it) and growing caches as transformers.js drives them, with the floors of operations
          and bytes
  webgpu  the first row of steps on whatever WebGPU adapter there is: kernels, uploads and
          read-backs of a step, time in kernels, time to compile; growing caches, and native
          onnxruntime's WebGPU, beside it
  growth  steps and caches by frames, and by grid and width with random weights (needs torch)

  --model DIR    a model package's folder, or the name of one under public/models
  --json FILE    also writes the figures as JSON
  --prompt TEXT  default: the model's first example
  --clips N      clips in a row for each number of threads, default 1; figures are medians
  --steps N      most decode steps of each batch; default: all of a clip
  --only PART    clip, steps, webgpu or growth
  --quick        the test model, one round and few steps, to see that everything works: the figures
                 mean nothing

A part that fails is named at the end, and the others are measured all the same; what a target of
the project says is printed beside its figure.
`.trim();

const TEST_MODEL = join(projectRoot, 'tests', 'fixtures', 'models', 'micro');
const QUICK_STEPS = 16;
export const BENCH_PARTS = /** @type {const} */ (['clip', 'steps', 'webgpu', 'growth']);

/**
 * @typedef {(typeof BENCH_PARTS)[number]} BenchPart
 *
 * @typedef {object} BenchArguments
 * @property {string | undefined} model
 * @property {string | undefined} json
 * @property {string | undefined} prompt
 * @property {number} clips
 * @property {number | undefined} steps
 * @property {BenchPart[]} parts
 * @property {boolean} quick
 * @property {Record<string, string>} link further parameters of the page's address
 */

/**
 * @param {string[]} argv
 * @returns {BenchArguments | 'help'}
 */
export function parseBenchArguments(argv) {
  const { model, json, prompt, clips, steps, only, quick = false, help } = optionValues(argv);
  if (help) return 'help';
  if (quick && model) throw new UsageError('--quick has a model of its own: leave out --model.');
  const link = /** @type {Record<string, string>} */ (quick ? { rounds: '1' } : {});
  return {
    model: quick ? TEST_MODEL : model,
    json,
    prompt,
    clips: wholeNumber('--clips', clips ?? '1'),
    steps: steps === undefined ? (quick ? QUICK_STEPS : undefined) : wholeNumber('--steps', steps),
    parts: only === undefined ? [...BENCH_PARTS] : [benchPart(only)],
    quick,
    link,
  };
}

/**
 * @param {string} option
 * @param {string} text
 */
function wholeNumber(option, text) {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new UsageError(`${option} must be a whole number from 1, but is ${text}.`);
}

/**
 * @param {string} text
 * @returns {BenchPart}
 */
function benchPart(text) {
  const part = BENCH_PARTS.find((name) => name === text);
  if (part) return part;
  throw new UsageError(`--only must be one of ${BENCH_PARTS.join(', ')}, but is ${text}.`);
}

/** @param {string[]} argv */
function optionValues(argv) {
  const text = /** @type {const} */ ({ type: 'string' });
  const flag = /** @type {const} */ ({ type: 'boolean' });
  const options = {
    ...{ model: text, json: text, prompt: text, clips: text, steps: text, only: text },
    ...{ quick: flag, help: flag },
  };
  try {
    return parseArgs({ args: argv, options }).values;
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message);
  }
}
