import { extname } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from './usageError.mjs';

export const GENERATE_USAGE = `
npm run generate -- --prompt "a lion drinks water at the lake" --out clip.mp4
npm run generate -- --prompts prompts.txt --out clips/

Draws clips with the built app in a headless browser and saves what its Export button saves.

  --prompt TEXT       what the clip shows, in English or Chinese
  --prompts FILE      several prompts: one per line, or JSON lines {"prompt": ..., "seed": ...};
                      - reads standard input
  --out FILE          .mp4, .gif or .zip (PNG frames); with --prompts a folder, which also gets
                      a clips.json; compare.html compares such folders blindly
  --frames DIR        also saves every frame as PNG, in the model's own size
  --seed N            0 to 4294967295; default: a random one, which is printed
  --guidance X        how strictly the frames follow the prompt; 1 = off
  --temperature X     lower is steadier, higher more varied
  --top-k N           codes that each cell is drawn from; 0 = all
  --rounds N          in-between rounds; the clip has 4 * 2^N + 1 frames
  --candidates N      draws the key frames N times and keeps what fits best (models with a ranker)
  --parallel 1        key frames in parallel, where the model can and a GPU draws; 0 = in order
  --rate R            key frames per second of action, or auto
  --model DIR         a model package's folder, or the name of one under public/models
  --backend NAME      auto, wasm or webgpu
  --threads N         WASM threads
  --help

Exit codes: 0 all clips are saved, 1 a clip could not be drawn or saved, 2 wrong arguments.
`.trim();

/** Format of the output file by its extension. */
const FORMATS = /** @type {const} */ ({ '.mp4': 'mp4', '.gif': 'gif', '.zip': 'png' });

/** Options that go to the page as they are, under the names of its link. */
const LINK_NAMES = /** @type {const} */ ({
  guidance: 'guidance',
  temperature: 'temperature',
  'top-k': 'topk',
  rounds: 'rounds',
  candidates: 'candidates',
  parallel: 'parallel',
  rate: 'rate',
  backend: 'backend',
  threads: 'threads',
});

/**
 * @typedef {'mp4' | 'gif' | 'png'} ExportFormat
 *
 * @typedef {object} GenerateArguments
 * @property {{ prompt: string } | { file: string }} source
 * @property {string} out
 * @property {ExportFormat} format
 * @property {string | undefined} frames folder
 * @property {number | undefined} seed
 * @property {string | undefined} model
 * @property {Record<string, string>} link parameters of the page's address; the page checks them
 */

/**
 * @param {string[]} argv
 * @returns {GenerateArguments | 'help'}
 */
export function parseGenerateArguments(argv) {
  const values = optionValues(argv);
  if (values.help) return 'help';
  const { prompt, prompts: file, out, frames, model } = values;
  if ((prompt === undefined) === (file === undefined)) {
    throw new UsageError('Give either --prompt or --prompts.');
  }
  if (!out) throw new UsageError('--out is missing: where should the clip be saved?');
  /** @type {Record<string, string>} */
  const link = {};
  for (const [option, name] of Object.entries(LINK_NAMES)) {
    const value = values[/** @type {keyof typeof LINK_NAMES} */ (option)];
    if (value !== undefined) link[name] = checkedNumber(option, value);
  }
  return {
    source: prompt === undefined ? { file: file ?? '' } : { prompt },
    out,
    format: file === undefined ? formatOf(out) : 'mp4',
    frames,
    seed: values.seed === undefined ? undefined : parseSeed(values.seed),
    model,
    link,
  };
}

/** @param {string[]} argv */
function optionValues(argv) {
  const text = /** @type {const} */ ({ type: 'string' });
  try {
    return parseArgs({
      args: argv,
      options: {
        prompt: text,
        prompts: text,
        out: text,
        frames: text,
        seed: text,
        guidance: text,
        temperature: text,
        'top-k': text,
        rounds: text,
        candidates: text,
        parallel: text,
        rate: text,
        model: text,
        backend: text,
        threads: text,
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message);
  }
}

/**
 * @param {string} out
 * @returns {ExportFormat}
 */
function formatOf(out) {
  const extension = extname(out).toLowerCase();
  if (extension in FORMATS) return FORMATS[/** @type {keyof typeof FORMATS} */ (extension)];
  throw new UsageError(`--out must end in .mp4, .gif or .zip, but is ${out}.`);
}

/**
 * Refuses what is no number at all; the limits are the page's.
 *
 * @param {string} option
 * @param {string} value
 */
function checkedNumber(option, value) {
  if (option === 'backend' || (option === 'rate' && value === 'auto')) return value;
  if (value.trim() !== '' && Number.isFinite(Number(value))) return value;
  throw new UsageError(`--${option} must be a number, but is ${JSON.stringify(value)}.`);
}

/**
 * @param {unknown} value
 * @returns {number}
 */
export function parseSeed(value) {
  const seed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof seed === 'number' && Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)
    return seed;
  throw new UsageError(
    `A seed is a whole number from 0 to 4294967295, not ${JSON.stringify(value)}.`,
  );
}
