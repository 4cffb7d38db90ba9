/** Starts a worker for one measurement, so that threads and memory of the last one are gone. */
import { wrap } from 'comlink';
import type { StepsApi } from './steps.worker';
import type { StepRequest } from './stepTypes';

async function measureSteps(
  folder: string,
  threads: number,
  request: StepRequest,
  weightBytes?: number,
): ReturnType<StepsApi['measure']> {
  const worker = new Worker(new URL('./steps.worker.ts', import.meta.url), { type: 'module' });
  const failed = new Promise<never>((_, reject) => {
    worker.addEventListener('error', ({ message }) =>
      reject(new Error(message || 'worker failed')),
    );
  });
  const at = (path: string): string => new URL(path, location.href).href;
  try {
    const api = wrap<StepsApi>(worker);
    const measuring = api.measure(at(folder), at('ort/'), threads, request, weightBytes);
    return await Promise.race([measuring, failed]);
  } finally {
    worker.terminate();
  }
}

declare global {
  var measureSteps: (
    folder: string,
    threads: number,
    request: StepRequest,
    weightBytes?: number,
  ) => ReturnType<StepsApi['measure']>;
}

globalThis.measureSteps = measureSteps;
