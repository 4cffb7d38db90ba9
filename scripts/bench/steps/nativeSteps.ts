/** The same runner and graphs on onnxruntime's native providers. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { OrtRuntime } from '../../../workers/runtime/ortRuntime';
import type { OrtModule } from '../../../workers/runtime/ortRuntime';
import { MainMemoryRuntime } from './mainMemoryRuntime';
import { measureRoofline } from './measureRoofline';
import { measureWay } from './measureWay';
import type { MeasuredSteps, Roofline, StepRequest } from './stepTypes';

export interface NativeSteps {
  measured: MeasuredSteps[];
  roofline?: Roofline;
}

/** @param weightBytes where it is given, the roofline is measured too. */
export async function measureNative(
  folder: string,
  threads: number,
  request: StepRequest,
  weightBytes?: number,
): Promise<NativeSteps> {
  const runtime = new OrtRuntime(
    withThreads(threads),
    { backend: 'wasm', detail: 'native' },
    'cpu',
  );
  const read = (name: string): Promise<Uint8Array> => readFile(join(folder, name));
  const measured = await measureWay(runtime, read, request);
  if (weightBytes === undefined) return { measured };
  return { measured, roofline: await measureRoofline(runtime, read, weightBytes) };
}

/** The same on its WebGPU provider, on the adapter that it finds. */
export async function measureNativeGpu(
  folder: string,
  request: StepRequest,
): Promise<MeasuredSteps[]> {
  const runtime = new MainMemoryRuntime(ort, 'native');
  return measureWay(runtime, (name) => readFile(join(folder, name)), request);
}

/** Sessions of onnxruntime-node take their threads as an option of each. */
function withThreads(threads: number): OrtModule {
  const InferenceSession = {
    create: (bytes: Uint8Array, options: ort.InferenceSession.SessionOptions) =>
      ort.InferenceSession.create(bytes, {
        ...options,
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
      }),
  };
  return { Tensor: ort.Tensor, InferenceSession } as unknown as OrtModule;
}
