/** Measures steps in a worker, as the app draws in one. */
import { expose } from 'comlink';
import { chooseBackend } from '../../../workers/runtime/backend';
import { createOrtRuntime } from '../../../workers/runtime/loadOrt';
import { watchGpu } from './gpuCounters';
import { timeGpu } from './gpuTimer';
import { MainMemoryRuntime } from './mainMemoryRuntime';
import { measureGpu } from './measureGpu';
import type { GpuSteps } from './measureGpu';
import { measureRoofline } from './measureRoofline';
import { measureWay } from './measureWay';
import type { ReadFile } from './measureWay';
import type { MeasuredSteps, Roofline, StepRequest } from './stepTypes';

const steps = {
  /** @param folder absolute URL of the step package, ending in a slash. */
  async measure(
    folder: string,
    ortFolder: string,
    threads: number,
    request: StepRequest,
    weightBytes?: number,
  ): Promise<{ backend: string; measured: MeasuredSteps[]; roofline?: Roofline }> {
    const runtime = await createOrtRuntime({ backend: 'wasm' }, ortFolder, threads);
    const read = reader(folder);
    const measured = await measureWay(runtime, read, request);
    const backend = `${runtime.info.backend}, ${runtime.info.detail}`;
    if (weightBytes === undefined) return { backend, measured };
    return { backend, measured, roofline: await measureRoofline(runtime, read, weightBytes) };
  },

  /** On whatever adapter there is; throws where there is none. */
  async measureGpu(
    folder: string,
    ortFolder: string,
    request: StepRequest,
  ): Promise<{ adapter: string; measured: GpuSteps[] }> {
    const watch = { counts: watchGpu(), timer: timeGpu() };
    const runtime = await createOrtRuntime(await chooseBackend('webgpu'), ortFolder);
    const measured = await measureGpu(runtime, watch, reader(folder), request);
    return { adapter: runtime.info.detail, measured };
  },

  /** The app's runner on the same adapter, with caches and logits in main memory. */
  async measureGpuFromMemory(
    folder: string,
    ortFolder: string,
    request: StepRequest,
  ): Promise<MeasuredSteps[]> {
    const { ort, info } = await createOrtRuntime(await chooseBackend('webgpu'), ortFolder);
    return measureWay(new MainMemoryRuntime(ort, info.detail), reader(folder), request);
  },
};

function reader(folder: string): ReadFile {
  return async (name) => {
    const response = await fetch(new URL(name, folder));
    if (!response.ok) throw new Error(`${response.url} answered ${response.status}.`);
    return new Uint8Array(await response.arrayBuffer());
  };
}

export type StepsApi = typeof steps;

expose(steps);
