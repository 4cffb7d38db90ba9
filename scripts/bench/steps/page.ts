/** Starts a worker for one measurement, so that threads and memory of the last one are gone. */
import { wrap } from 'comlink';
import type { Remote } from 'comlink';
import type { StepsApi } from './steps.worker';
import type { StepRequest } from './stepTypes';

const at = (path: string): string => new URL(path, location.href).href;

function measureSteps(
  folder: string,
  threads: number,
  request: StepRequest,
  weightBytes?: number,
): ReturnType<StepsApi['measure']> {
  return inWorker((api) => api.measure(at(folder), at('ort/'), threads, request, weightBytes));
}

function measureGpuSteps(folder: string, request: StepRequest): ReturnType<StepsApi['measureGpu']> {
  return inWorker((api) => api.measureGpu(at(folder), at('ort/'), request));
}

function measureGpuStepsFromMemory(
  folder: string,
  request: StepRequest,
): ReturnType<StepsApi['measureGpuFromMemory']> {
  return inWorker((api) => api.measureGpuFromMemory(at(folder), at('ort/'), request));
}

async function inWorker<Result>(measure: (api: Remote<StepsApi>) => Promise<Result>) {
  const worker = new Worker(new URL('./steps.worker.ts', import.meta.url), { type: 'module' });
  const failed = new Promise<never>((_, reject) => {
    worker.addEventListener('error', ({ message }) =>
      reject(new Error(message || 'worker failed')),
    );
  });
  try {
    return await Promise.race([measure(wrap<StepsApi>(worker)), failed]);
  } finally {
    worker.terminate();
  }
}

/** What scripts/bench/browserSteps.mjs calls. */
const steps = { measureSteps, measureGpuSteps, measureGpuStepsFromMemory };

declare global {
  var flipbookSteps: typeof steps;
}

globalThis.flipbookSteps = steps;
