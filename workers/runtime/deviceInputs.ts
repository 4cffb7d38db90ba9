/** Inputs that stay the same from run to run, on the WebGPU device instead of uploaded by each run. */
import type { Tensor } from 'onnxruntime-common';
import type { OnnxGraph } from './onnxGraph';
import type { Feeds } from './ortRuntime';

/** Those that runs only read there: onnxruntime slices hints in main memory in graphs of before
 *  0.10.0, and would read them back. */
const READ_ON_DEVICE = ['spatial_bias', 'temporal_bias', 'positions', 'text', 'summary', 'rows'];

/** GPUBufferUsage.STORAGE | COPY_DST | COPY_SRC, as numbers: Node has no such global. */
const INPUT_USAGE = 0x80 | 0x08 | 0x04;

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
    const content = tensor.data as Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
    // onnxruntime binds storage in units of 16 bytes.
    const size = Math.ceil(content.byteLength / 16) * 16;
    const buffer = device.createBuffer({ label, size, usage: INPUT_USAGE });
    this.#buffers.push(buffer);
    device.queue.writeBuffer(buffer, 0, content);
    const dataType = tensor.type as 'float32' | 'int32';
    return this.graph.runtime.ort.Tensor.fromGpuBuffer(buffer, { dataType, dims: tensor.dims });
  }
}
