/** A compute shader on a WebGPU device, with the buffers that it works on. */

/** GPUBufferUsage and GPUMapMode as numbers: Node has no such globals. */
const [MAP_READ, COPY_SRC, COPY_DST, UNIFORM, STORAGE] = [0x01, 0x04, 0x08, 0x40, 0x80];
const READ = 0x01;

export interface Shader {
  label: string;
  /** WGSL. */
  code: string;
}

/** Compiled once for each device. */
const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

export class DeviceKernel {
  readonly #buffers: GPUBuffer[] = [];
  readonly #pipeline: GPUComputePipeline;

  constructor(
    readonly device: GPUDevice,
    shader: Shader,
  ) {
    this.#pipeline = pipelineOf(device, shader);
  }

  /** A buffer of zeros that lives as long as the kernel. */
  storage(label: string, bytes: number): GPUBuffer {
    return this.#buffer(label, bytes, STORAGE);
  }

  uniform(label: string, content: ArrayBuffer): GPUBuffer {
    const buffer = this.#buffer(label, content.byteLength, UNIFORM);
    this.device.queue.writeBuffer(buffer, 0, content);
    return buffer;
  }

  /** @param resources by number of their binding. */
  run(
    encoder: GPUCommandEncoder,
    resources: readonly GPUBufferBinding[],
    workgroups: number,
  ): void {
    const bindings = this.device.createBindGroup({
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(workgroups);
    pass.end();
  }

  /** Submits what was encoded, and reads back what it leaves at the front of a buffer. Later work does
   *  not wait for it. */
  async read(
    encoder: GPUCommandEncoder,
    buffer: GPUBuffer,
    bytes = buffer.size,
  ): Promise<ArrayBuffer> {
    const label = `${buffer.label} to read`;
    const usage = MAP_READ | COPY_DST;
    const readable = this.device.createBuffer({ label, size: bytes, usage });
    try {
      encoder.copyBufferToBuffer(buffer, 0, readable, 0, bytes);
      this.device.queue.submit([encoder.finish()]);
      await readable.mapAsync(READ);
      return readable.getMappedRange().slice(0);
    } finally {
      readable.destroy();
    }
  }

  dispose(): void {
    for (const buffer of this.#buffers.splice(0)) buffer.destroy();
  }

  #buffer(label: string, bytes: number, kind: number): GPUBuffer {
    // onnxruntime binds storage in units of 16 bytes.
    const size = Math.ceil(bytes / 16) * 16;
    const buffer = this.device.createBuffer({ label, size, usage: kind | COPY_SRC | COPY_DST });
    this.#buffers.push(buffer);
    return buffer;
  }
}

function pipelineOf(device: GPUDevice, { label, code }: Shader): GPUComputePipeline {
  const own = pipelines.get(device) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(device, own);
  let pipeline = own.get(code);
  if (!pipeline) {
    const module = device.createShaderModule({ label, code });
    pipeline = device.createComputePipeline({ label, layout: 'auto', compute: { module } });
    own.set(code, pipeline);
  }
  return pipeline;
}
