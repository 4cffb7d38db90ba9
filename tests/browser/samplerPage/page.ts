/** The sampler of the WebGPU path on logits that a test gives it. */
import { Tensor } from 'onnxruntime-common';
import { chooseBackend, requestDevice } from '../../../workers/runtime/backend';
import { DeviceSampler } from '../../../workers/runtime/deviceSampler';
import type { DeviceSampling } from '../../../workers/runtime/deviceSampler';

/** GPUBufferUsage and GPUMapMode. */
const [MAP_READ, COPY_DST, STORAGE] = [0x01, 0x08, 0x80];
const READ = 0x01;

/** Draws of all cells of one frame. */
export interface SamplerCase {
  sampling: DeviceSampling;
  /** [cells][sequences * codes] */
  logits: number[][];
  /** [windows * cells] */
  numbers: number[];
}

export interface SamplerResult {
  /** [windows][cells]; absent where reading them failed. */
  tokens?: number[][];
  failure?: string;
  /** Ids [sequences] for the first step, and after each draw. */
  ids: number[][];
}

/** Every case on one device, which must report no error. */
async function draw(cases: readonly SamplerCase[]): Promise<SamplerResult[]> {
  const choice = await chooseBackend('webgpu');
  if (choice.backend !== 'webgpu') throw new Error('There is no WebGPU.');
  const device = await requestDevice(choice.adapter);
  const errors: string[] = [];
  device.addEventListener('uncapturederror', ({ error }) => errors.push(error.message));
  try {
    const results: SamplerResult[] = [];
    for (const one of cases) results.push(await drawCase(device, one));
    await device.queue.onSubmittedWorkDone();
    if (errors.length > 0) throw new Error(errors.join('\n'));
    return results;
  } finally {
    device.destroy();
  }
}

async function drawCase(
  device: GPUDevice,
  { sampling, logits, numbers }: SamplerCase,
): Promise<SamplerResult> {
  const sampler = new DeviceSampler({ Tensor }, device, sampling);
  const size = 4 * sampling.sequences * sampling.codes;
  const logitsBuffer = device.createBuffer({ size, usage: STORAGE | COPY_DST });
  const ids: number[][] = [];
  try {
    sampler.begin({
      ids: Int32Array.from({ length: sampling.sequences }, (_, sequence) => 1000 + sequence),
      numbers: Float32Array.from(numbers),
    });
    ids.push(await readBack(device, sampler.ids));
    for (const cell of logits) {
      device.queue.writeBuffer(logitsBuffer, 0, Float32Array.from(cell));
      sampler.draw(logitsBuffer);
      ids.push(await readBack(device, sampler.ids));
    }
    const tokens = (await sampler.read()).map((window) => [...window]);
    return { tokens, ids };
  } catch (error) {
    return { failure: String(error), ids };
  } finally {
    logitsBuffer.destroy();
    sampler.dispose();
  }
}

/** What an int32 tensor on the device holds. */
async function readBack(device: GPUDevice, { gpuBuffer, size }: Tensor): Promise<number[]> {
  const readable = device.createBuffer({ size: 4 * size, usage: MAP_READ | COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(gpuBuffer, 0, readable, 0, 4 * size);
  device.queue.submit([encoder.finish()]);
  await readable.mapAsync(READ);
  const values = [...new Int32Array(readable.getMappedRange())];
  readable.destroy();
  return values;
}

const sampler = { draw };

declare global {
  var sampler: { draw: typeof draw };
}

globalThis.sampler = sampler;
