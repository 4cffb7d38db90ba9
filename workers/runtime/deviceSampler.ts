/** Draws tokens where the logits are, on the WebGPU device, so that ids need not come back. */
import type { Tensor } from 'onnxruntime-common';
import type { CodeSampling } from '../sampling/codeSampler';
import { unusableLogits } from '../sampling/sampleTopK';
import type { OrtModule } from './ortRuntime';
import { ROW_END, SAMPLE_TOKENS } from './sampleTokens.wgsl';

/** The batch and how its codes are drawn; one for all frames. */
export interface DeviceSampling extends CodeSampling {
  windows: number;
  /** Windows times guidance branches; branch b of window w is sequence b * windows + w. */
  sequences: number;
  codes: number;
  /** Of a frame. */
  cells: number;
  /** Scale of the guidance; 1: the conditional branch alone is read. */
  guidance: number;
  /** As for `mixGuidance`; 0 = off. */
  floor: number;
}

/** What is known of a frame before it is drawn. */
export interface FrameInputs {
  /** Opening ids [sequences]. */
  ids: Int32Array<ArrayBuffer>;
  /** Uniform numbers in [0, 1) [windows, cells]. */
  numbers: Float32Array<ArrayBuffer>;
}

/** GPUBufferUsage and GPUMapMode as numbers: Node has no such globals. */
const [MAP_READ, COPY_SRC, COPY_DST, UNIFORM, STORAGE] = [0x01, 0x04, 0x08, 0x40, 0x80];
const READ = 0x01;
/** Of a code: its key and its weight. */
const CANDIDATE_BYTES = 8;

/** Compiled once for each device. */
const pipelines = new WeakMap<GPUDevice, GPUComputePipeline>();

/**
 * The twin of `mixGuidance` and `sampleTopK`, in float32 instead of float64. It can draw another
 * code than they do where the uniform number falls within some 1e-6 of the border between two codes,
 * where guidance mixes two logits so nearly equal that float32 orders them otherwise, and where a
 * code's probability is that near to the guidance floor. Logits without guidance are ordered exactly.
 *
 * The work is ordered by the device's queue: a `draw` belongs between the run that made the logits
 * and the next one.
 */
export class DeviceSampler {
  /** Input of the next step: int32 [sequences, 1]. */
  readonly ids: Tensor;
  readonly #buffers: GPUBuffer[] = [];
  readonly #pipeline: GPUComputePipeline;
  readonly #settings: GPUBuffer;
  readonly #numbers: GPUBuffer;
  readonly #drawn: GPUBuffer;
  readonly #ids: GPUBuffer;
  readonly #candidates: GPUBuffer;

  constructor(
    ort: Pick<OrtModule, 'Tensor'>,
    private readonly device: GPUDevice,
    private readonly sampling: DeviceSampling,
  ) {
    const { windows, sequences, codes, cells } = sampling;
    this.#pipeline = samplingPipeline(device);
    const settings = settingsOf(sampling);
    this.#settings = this.#buffer('settings', settings.byteLength, UNIFORM);
    device.queue.writeBuffer(this.#settings, 0, settings);
    this.#numbers = this.#buffer('uniform numbers', 4 * windows * cells);
    this.#drawn = this.#buffer('drawn tokens', 4 * windows * (cells + ROW_END));
    this.#ids = this.#buffer('ids', 4 * sequences);
    this.#candidates = this.#buffer('candidates', CANDIDATE_BYTES * windows * codes);
    const dims = [sequences, 1];
    this.ids = ort.Tensor.fromGpuBuffer(this.#ids, { dataType: 'int32', dims });
  }

  /** A frame begins: sets `ids` for its first cell; no token is drawn yet. */
  begin({ ids, numbers }: FrameInputs): void {
    const { windows, cells } = this.sampling;
    const { queue } = this.device;
    queue.writeBuffer(this.#ids, 0, ids);
    queue.writeBuffer(this.#numbers, 0, numbers);
    queue.writeBuffer(this.#drawn, 0, new Int32Array(windows * (cells + ROW_END)));
  }

  /**
   * Draws the next cell of every window, and sets `ids` for the one behind it.
   *
   * @param logits float32 [sequences, codes]; may be freed or used again after the call.
   */
  draw(logits: GPUBuffer): void {
    const resources = [
      this.#settings,
      logits,
      this.#numbers,
      this.#drawn,
      this.#ids,
      this.#candidates,
    ];
    const bindings = this.device.createBindGroup({
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: resources.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(this.sampling.windows);
    pass.end();
    this.device.queue.submit([encoder.finish()]);
  }

  /**
   * Reads back what the calls of `draw` so far have drawn, without holding later ones up.
   *
   * @returns tokens [cells] of each window; those of cells that are not drawn yet are 0.
   * @throws FlipbookError Internal when logits held NaN or had no finite best one.
   */
  async read(): Promise<Int32Array[]> {
    const { windows, cells } = this.sampling;
    const rows = await this.#readDrawn();
    return Array.from({ length: windows }, (_, window) => {
      const row = rows.subarray(window * (cells + ROW_END), (window + 1) * (cells + ROW_END));
      if (row[cells + 1] !== 0) throw unusableLogits();
      return row.subarray(0, cells);
    });
  }

  async #readDrawn(): Promise<Int32Array> {
    const { size } = this.#drawn;
    const usage = MAP_READ | COPY_DST;
    const readable = this.device.createBuffer({ label: 'drawn tokens to read', size, usage });
    try {
      const encoder = this.device.createCommandEncoder();
      encoder.copyBufferToBuffer(this.#drawn, 0, readable, 0, size);
      this.device.queue.submit([encoder.finish()]);
      await readable.mapAsync(READ);
      return new Int32Array(readable.getMappedRange().slice(0));
    } finally {
      readable.destroy();
    }
  }

  dispose(): void {
    for (const buffer of this.#buffers.splice(0)) buffer.destroy();
  }

  #buffer(label: string, bytes: number, kind = STORAGE): GPUBuffer {
    // onnxruntime binds storage in units of 16 bytes.
    const size = Math.ceil(bytes / 16) * 16;
    const buffer = this.device.createBuffer({ label, size, usage: kind | COPY_SRC | COPY_DST });
    this.#buffers.push(buffer);
    return buffer;
  }
}

/** The shader's struct of this name. */
function settingsOf(sampling: DeviceSampling): ArrayBuffer {
  const { windows, sequences, codes, cells, temperature, topK, guidance, floor } = sampling;
  const all = topK <= 0 || topK > codes;
  const kept = temperature <= 0 ? 1 : all ? codes : topK;
  const integers = Uint32Array.of(windows, sequences, codes, cells, kept);
  const settings = new Uint32Array(8);
  settings.set(integers);
  new Float32Array(settings.buffer).set([guidance, floor, temperature], integers.length);
  return settings.buffer;
}

function samplingPipeline(device: GPUDevice): GPUComputePipeline {
  let pipeline = pipelines.get(device);
  if (!pipeline) {
    const module = device.createShaderModule({ label: 'sample tokens', code: SAMPLE_TOKENS });
    pipeline = device.createComputePipeline({
      label: 'sample tokens',
      layout: 'auto',
      compute: { module },
    });
    pipelines.set(device, pipeline);
  }
  return pipeline;
}
