/** The first row of decode steps on whatever WebGPU adapter there is, and what they ask of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withBrowserSteps } from './browserSteps.mjs';
import { markdownTable } from './markdownTable.mjs';
import { median } from './median.mjs';
import { measureNativeGpu } from './nativeGpu.mjs';
import { logitDifference } from './stepFigures.mjs';
import { loadStepModules } from './stepModules.mjs';
import { writeStepPackage } from './stepPackage.mjs';

/**
 * @typedef {import('./steps/measureGpu').GpuSteps} GpuSteps
 * @typedef {import('./steps/stepTypes').MeasuredSteps} MeasuredSteps
 * @typedef {import('./steps/stepTypes').StepRequest} StepRequest
 *
 * @typedef {object} ProviderSteps key frames with caches and logits in main memory, which is all
 *   that onnxruntime-node can do
 * @property {number} browserMilliseconds of a step, the provider compiled for browsers
 * @property {number} nativeMilliseconds the native provider
 * @property {number} logitDifference between them
 *
 * @typedef {object} GpuComparison
 * @property {string} browser
 * @property {string} adapter
 * @property {GpuSteps[]} measured
 * @property {ProviderSteps | null} providers null where a provider failed
 */

/** After those that fill arenas. */
const PROVIDER_STEPS = 4;

/**
 * @param {string} source folder of the model package
 * @param {import('./benchReport.mjs').Attempt} attempt
 * @returns {Promise<GpuComparison>}
 */
export async function measureGpu(source, attempt) {
  const modules = await loadStepModules();
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-gpu-'));
  try {
    const { manifest } = writeStepPackage(source, folder, modules.types);
    const { keyFrameWork, keyFramePassWorks, waveWorks, roundWork, passWorks } = modules.works;
    // Where a package can draw in passes, it does so on WebGPU.
    const keyFrames = keyFramePassWorks(manifest);
    const passes = passWorks(manifest, 1);
    const works = [
      ...(keyFrames.length > 0 ? keyFrames : [keyFrameWork(manifest)]),
      ...waveWorks(manifest),
      ...(passes.length > 0 ? passes : [roundWork(manifest, 1)]),
    ];
    const cellByCell = works.filter(({ passes, waves }) => (passes ?? waves) === undefined);
    /** @type {StepRequest} */
    const request = { manifest, works, way: 'app' };
    return await withBrowserSteps({ model: folder }, async (browser) => {
      const { adapter, measured } = await measureEach(browser, request);
      const unrecorded = await attempt('WebGPU without graph capture', () =>
        browser.measureGpu('model', {
          ...request,
          works: cellByCell.filter(({ stage }) => manifest.graphs[stage].graphCapture),
          way: 'unrecorded',
        }),
      );
      const peer = await attempt("WebGPU, peer's way", () =>
        browser.measureGpu('model', { ...request, works: cellByCell, way: 'peer' }),
      );
      const steps = { ...request, works: [keyFrameWork(manifest)], steps: PROVIDER_STEPS };
      const providers = await attempt('WebGPU, native onnxruntime', async () =>
        compareProviders(
          await browser.measureGpuFromMemory('model', steps),
          await measureNativeGpu(folder, steps, adapter),
        ),
      );
      const all = [measured, unrecorded?.measured ?? [], peer?.measured ?? []].flat();
      return { browser: browser.name, adapter, measured: all, providers };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The works of a request, each by itself: on a software adapter one alone takes minutes.
 *
 * @param {import('./browserSteps.mjs').BrowserBench} browser
 * @param {StepRequest} request
 */
async function measureEach(browser, request) {
  const found = [];
  for (const work of request.works) {
    found.push(await browser.measureGpu('model', { ...request, works: [work] }));
  }
  return {
    adapter: found[0]?.adapter ?? 'none',
    measured: found.flatMap(({ measured }) => measured),
  };
}

/**
 * @param {MeasuredSteps[]} browser
 * @param {MeasuredSteps[]} native
 * @returns {ProviderSteps}
 */
function compareProviders([browser], [native]) {
  if (!browser || !native) throw new Error('A provider drew nothing.');
  return {
    browserMilliseconds: median(browser.stepMilliseconds),
    nativeMilliseconds: median(native.stepMilliseconds),
    logitDifference: logitDifference(browser, native),
  };
}

/**
 * @param {ProviderSteps} providers
 * @returns {string}
 */
export function providersLine({ browserMilliseconds, nativeMilliseconds, logitDifference }) {
  const speed = (nativeMilliseconds / browserMilliseconds).toFixed(2);
  return (
    `Key frames with caches in main memory, a step: ${browserMilliseconds.toFixed(0)} ms in the ` +
    `browser, ${nativeMilliseconds.toFixed(0)} ms by native onnxruntime's WebGPU: ${speed} of its ` +
    `speed, logits at most ${logitDifference.toExponential(0)} apart.`
  );
}

const WAYS = { app: '', unrecorded: ', without graph capture', peer: ", peer's way" };

/**
 * Bytes and kernels are those of a step; times of a software adapter say nothing about hardware.
 *
 * @param {GpuComparison} gpu
 * @returns {string}
 */
export function gpuTable({ adapter, measured }) {
  const head = [
    `WebGPU, ${adapter}`,
    'batch',
    'kernels a step, wave or pass',
    'submissions',
    'bound anew',
    'uploads',
    'read-backs',
    'read-backs a row',
    'copies on the device',
    'step',
    'until asked for',
    'of which in kernels',
    'session of the recording',
    'first step',
    'prefill',
    'shaders compiled',
  ];
  const body = measured.map(({ step, stepMilliseconds, gpuMilliseconds, ...work }) => [
    `${work.work}${WAYS[work.way]}`,
    String(work.sequences),
    String(step.dispatches),
    String(step.submissions),
    String(step.bindGroups),
    kilobytes(step.uploadedBytes),
    kilobytes(step.readBackBytes),
    work.rowReadBackBytes === undefined ? '-' : kilobytes(work.rowReadBackBytes),
    kilobytes(step.copiedBytes),
    `${median(stepMilliseconds).toFixed(0)} ms`,
    `${median(work.askedMilliseconds).toFixed(1)} ms`,
    onDevice(gpuMilliseconds),
    work.recorderMilliseconds === undefined ? '-' : `${work.recorderMilliseconds.toFixed(0)} ms`,
    `${work.firstStepMilliseconds.toFixed(0)} ms`,
    `${work.prefillMilliseconds.toFixed(0)} ms`,
    String(work.pipelines),
  ]);
  return markdownTable([head, ...body]);
}

/** @param {(number | null)[]} times */
function onDevice(times) {
  const told = times.filter((time) => time !== null);
  return told.length === 0 ? 'not told' : `${median(told).toFixed(0)} ms`;
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
