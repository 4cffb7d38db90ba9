/** The samplers of the WebGPU path on logits that a test gives them. */
import { Tensor } from 'onnxruntime-common';
import { chooseBackend, requestDevice } from '../../../workers/runtime/backend';
import { DeviceSampler } from '../../../workers/runtime/deviceSampler';
import type { DeviceSampling } from '../../../workers/runtime/deviceSampler';
import type { CodeDrawing } from '../../../workers/runtime/codeDrawing';
import { PassSampler } from '../../../workers/runtime/passSampler';
import type { HiddenRow } from '../../../workers/runtime/passSampler';
import type { SureToken } from '../../../workers/sampling/drawHidden';

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

/** Draws of the hidden rows of some passes, one after the other. */
export interface PassCase {
  drawing: CodeDrawing;
  passes: {
    /** [branches * rows * codes] */
    logits: number[];
    hidden: HiddenRow[];
  }[];
}

export interface PassResult {
  /** Of each pass; fewer where one failed. */
  drawn: SureToken[][];
  failure?: string;
}

function draw(cases: readonly SamplerCase[]): Promise<SamplerResult[]> {
  return onDevice(cases, drawCase);
}

function drawPasses(cases: readonly PassCase[]): Promise<PassResult[]> {
  return onDevice(cases, drawPassCase);
}

/** Every case on one device, which must report no error. */
async function onDevice<Case, Result>(
  cases: readonly Case[],
  drawOne: (device: GPUDevice, one: Case) => Promise<Result>,
): Promise<Result[]> {
  const choice = await chooseBackend('webgpu');
  if (choice.backend !== 'webgpu') throw new Error('There is no WebGPU.');
  const device = await requestDevice(choice.adapter);
  const errors: string[] = [];
  device.addEventListener('uncapturederror', ({ error }) => errors.push(error.message));
  try {
    const results: Result[] = [];
    for (const one of cases) results.push(await drawOne(device, one));
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

async function drawPassCase(device: GPUDevice, { drawing, passes }: PassCase): Promise<PassResult> {
  const sampler = new PassSampler(device, drawing);
  const drawn: SureToken[][] = [];
  try {
    for (const { logits, hidden } of passes) {
      const buffer = device.createBuffer({ size: 4 * logits.length, usage: STORAGE | COPY_DST });
      device.queue.writeBuffer(buffer, 0, Float32Array.from(logits));
      const drawing = sampler.draw(buffer, hidden);
      // As in a pass: the logits are gone while what was drawn is still to come.
      buffer.destroy();
      drawn.push(await drawing);
    }
    return { drawn };
  } catch (error) {
    return { drawn, failure: String(error) };
  } finally {
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

const sampler = { draw, drawPasses };

declare global {
  var sampler: { draw: typeof draw; drawPasses: typeof drawPasses };
}

globalThis.sampler = sampler;
