/** Measures steps in a worker, as the app draws in one. */
import { expose } from 'comlink';
import { createOrtRuntime } from '../../../workers/runtime/loadOrt';
import { measureRoofline } from './measureRoofline';
import { measureWay } from './measureWay';
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
    const read = async (name: string): Promise<Uint8Array> => {
      const response = await fetch(new URL(name, folder));
      if (!response.ok) throw new Error(`${response.url} answered ${response.status}.`);
      return new Uint8Array(await response.arrayBuffer());
    };
    const measured = await measureWay(runtime, read, request);
    const backend = `${runtime.info.backend}, ${runtime.info.detail}`;
    if (weightBytes === undefined) return { backend, measured };
    return { backend, measured, roofline: await measureRoofline(runtime, read, weightBytes) };
  },
};

export type StepsApi = typeof steps;

expose(steps);
