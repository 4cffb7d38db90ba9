/** The first row of decode steps on whatever WebGPU adapter there is, and what they ask of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withBrowserSteps } from './browserSteps.mjs';
import { markdownTable } from './markdownTable.mjs';
import { median } from './median.mjs';
import { loadStepModules } from './stepModules.mjs';
import { writeStepPackage } from './stepPackage.mjs';

/**
 * @typedef {import('./steps/measureGpu').GpuSteps} GpuSteps
 * @typedef {{ browser: string, adapter: string, measured: GpuSteps[] }} GpuComparison
 */

/**
 * @param {string} source folder of the model package
 * @returns {Promise<GpuComparison>}
 */
export async function measureGpu(source) {
  const modules = await loadStepModules();
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-gpu-'));
  try {
    const { manifest } = writeStepPackage(source, folder, modules.types);
    const { keyFrameWork, keyFramePassWorks, roundWork, passWorks } = modules.works;
    // Where a package can draw in passes, it does so on WebGPU.
    const keyFrames = keyFramePassWorks(manifest);
    const passes = passWorks(manifest, 1);
    const works = [
      ...(keyFrames.length > 0 ? keyFrames : [keyFrameWork(manifest)]),
      ...(passes.length > 0 ? passes : [roundWork(manifest, 1)]),
    ];
    /** @type {import('./steps/stepTypes').StepRequest} */
    const request = { manifest, works, way: 'app' };
    return await withBrowserSteps({ model: folder }, async ({ measureGpu: measure, name }) => {
      const { adapter, measured } = await measure('model', request);
      return { browser: name, adapter, measured };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

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
    'kernels a step or pass',
    'submissions',
    'uploads',
    'read-backs',
    'read-backs a row',
    'copies on the device',
    'step',
    'first step',
    'prefill',
    'shaders compiled',
  ];
  const body = measured.map(({ step, stepMilliseconds, ...work }) => [
    work.work,
    String(work.sequences),
    String(step.dispatches),
    String(step.submissions),
    kilobytes(step.uploadedBytes),
    kilobytes(step.readBackBytes),
    work.rowReadBackBytes === undefined ? '-' : kilobytes(work.rowReadBackBytes),
    kilobytes(step.copiedBytes),
    `${median(stepMilliseconds).toFixed(0)} ms`,
    `${work.firstStepMilliseconds.toFixed(0)} ms`,
    `${work.prefillMilliseconds.toFixed(0)} ms`,
    String(work.pipelines),
  ]);
  return markdownTable([head, ...body]);
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
