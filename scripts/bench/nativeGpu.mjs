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
import { dirname, join } from 'node:path';
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
    const software = /swiftshader/i.test(adapter) ? swiftShader() : null;
    const env = { ...process.env, ...(software && { VK_ICD_FILENAMES: software }) };
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

/** The description of Chromium's software renderer for the Vulkan loader; null if it is not found. */
function swiftShader() {
  const folders = [dirname(realpathSync(requireChromium())), ...SHARED_FOLDERS];
  const files = folders.map((folder) => join(folder, 'vk_swiftshader_icd.json'));
  return files.find((file) => existsSync(file)) ?? null;
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
