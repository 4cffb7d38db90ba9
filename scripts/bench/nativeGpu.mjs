/**
 * Decode steps on onnxruntime's native WebGPU provider, in a process of its own: a provider without
 * a usable adapter can end it.
 */
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { requireChromium } from '../findChromium.mjs';
import { loadStepModules } from './stepModules.mjs';

/**
 * @typedef {import('./steps/stepTypes').StepRequest} StepRequest
 * @typedef {import('./steps/stepTypes').MeasuredSteps} MeasuredSteps
 * @typedef {{ folder: string, request: StepRequest }} NativeWish
 */

const MOST_MILLISECONDS = 300_000;
const DESCRIPTION = 'vk_swiftshader_icd.json';
/** Where Debian's and Ubuntu's packages have it; others beside the program. */
const SHARED_FOLDERS = ['/usr/lib/chromium', '/usr/lib/chromium-browser'];

/**
 * @param {string} folder a step package
 * @param {StepRequest} request
 * @param {string} adapter what the browser drew on: a software adapter of Chromium's is taken too
 * @returns {Promise<MeasuredSteps[]>}
 */
export async function measureNativeGpu(folder, request, adapter) {
  const place = mkdtempSync(join(tmpdir(), 'flipbook-native-'));
  try {
    const [input, output] = [join(place, 'wish.json'), join(place, 'measured.json')];
    writeFileSync(input, JSON.stringify({ folder, request }));
    const env = { ...process.env, ...(/swiftshader/i.test(adapter) && swiftShader()) };
    await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), input, output], {
      env,
      timeout: MOST_MILLISECONDS,
    });
    /** @type {MeasuredSteps[]} */
    const measured = JSON.parse(readFileSync(output, 'utf8'));
    return measured;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/**
 * What makes a process find Chromium's software renderer, and the Vulkan loader that comes with it:
 * the system may have none. Nothing where Chromium keeps them elsewhere.
 *
 * @returns {NodeJS.ProcessEnv}
 */
function swiftShader() {
  const folders = [dirname(realpathSync(requireChromium())), ...SHARED_FOLDERS];
  const folder = folders.find((place) => existsSync(join(place, DESCRIPTION)));
  if (folder === undefined) return {};
  const libraries = [process.env['LD_LIBRARY_PATH'], folder].filter(Boolean).join(delimiter);
  return { VK_ICD_FILENAMES: join(folder, DESCRIPTION), LD_LIBRARY_PATH: libraries };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [input = '', output = ''] = process.argv.slice(2);
  /** @type {NativeWish} */
  const { folder, request } = JSON.parse(readFileSync(input, 'utf8'));
  const { native } = await loadStepModules();
  writeFileSync(output, JSON.stringify(await native.measureNativeGpu(folder, request)));
  // Threads of the provider may outlive the work.
  process.exit(0);
}
