/** Inputs that stay the same from run to run, on the WebGPU device instead of uploaded by each run. */
import type { Tensor } from 'onnxruntime-common';
import { OPENING } from '../../src/shared/manifest';
import { copyToDevice } from './copyToDevice';
import type { OnnxGraph } from './onnxGraph';
import type { Feeds } from './ortRuntime';

/** Those that runs only read there: onnxruntime slices hints in main memory in graphs of before
 *  0.10.0, and would read them back. */
const READ_ON_DEVICE = [
  'spatial_bias',
  'temporal_bias',
  'positions',
  OPENING,
  'text',
  'summary',
  'rows',
];

/** Owns what it puts there. */
export class DeviceInputs {
  readonly #buffers: GPUBuffer[] = [];

  constructor(private readonly graph: OnnxGraph) {}

  /** The feeds, with what does not change as it is now on the device, where the graph runs there as a
   *  whole; it lives until `dispose`. */
  place(feeds: Feeds): Feeds {
    const { device } = this.graph.runtime;
    if (!device || !this.graph.inGpu.has('logits')) return feeds;
    const placed = READ_ON_DEVICE.filter((name) => feeds[name]).map(
      (name) => [name, this.#copy(device, name, feeds[name]!)] as const,
    );
    return { ...feeds, ...Object.fromEntries(placed) };
  }

  dispose(): void {
    for (const buffer of this.#buffers.splice(0)) buffer.destroy();
  }

  #copy(device: GPUDevice, label: string, tensor: Tensor): Tensor {
    const copy = copyToDevice(this.graph.runtime.ort, device, label, tensor);
    this.#buffers.push(copy.gpuBuffer);
    return copy;
  }
}
