/** Draws tokens where the logits are, on the WebGPU device, so that ids need not come back. */
import type { Tensor } from 'onnxruntime-common';
import { unusableLogits } from '../sampling/sampleTopK';
import { CANDIDATE_BYTES, drawingSettings } from './codeDrawing';
import type { CodeDrawing } from './codeDrawing';
import { DeviceKernel } from './deviceKernel';
import type { OrtModule } from './ortRuntime';
import { ROW_END, SAMPLE_TOKENS } from './sampleTokens.wgsl';

/** The batch and how its codes are drawn; one for all frames. */
export interface DeviceSampling extends Omit<CodeDrawing, 'rows'> {
  windows: number;
  /** Windows times guidance branches; branch b of window w is sequence b * windows + w. */
  sequences: number;
  /** Of a frame. */
  cells: number;
}

/** What is known of a frame before it is drawn. */
export interface FrameInputs {
  /** Opening ids [sequences]. */
  ids: Int32Array<ArrayBuffer>;
  /** Uniform numbers in [0, 1) [windows, cells]. */
  numbers: Float32Array<ArrayBuffer>;
}

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
  readonly #kernel: DeviceKernel;
  readonly #settings: GPUBuffer;
  readonly #batch: GPUBuffer;
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
    const kernel = new DeviceKernel(device, { label: 'sample tokens', code: SAMPLE_TOKENS });
    this.#kernel = kernel;
    this.#settings = kernel.uniform('settings', drawingSettings({ ...sampling, rows: windows }));
    this.#batch = kernel.uniform('batch', Uint32Array.of(sequences, cells).buffer);
    this.#numbers = kernel.storage('uniform numbers', 4 * windows * cells);
    this.#drawn = kernel.storage('drawn tokens', 4 * windows * (cells + ROW_END));
    this.#ids = kernel.storage('ids', 4 * sequences);
    this.#candidates = kernel.storage('candidates', CANDIDATE_BYTES * windows * codes);
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
      this.#candidates,
      this.#batch,
      this.#numbers,
      this.#drawn,
      this.#ids,
    ].map((buffer) => ({ buffer }));
    const encoder = this.device.createCommandEncoder();
    this.#kernel.run(encoder, resources, this.sampling.windows);
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
    const encoder = this.device.createCommandEncoder();
    const rows = new Int32Array(await this.#kernel.read(encoder, this.#drawn));
    return Array.from({ length: windows }, (_, window) => {
      const row = rows.subarray(window * (cells + ROW_END), (window + 1) * (cells + ROW_END));
      if (row[cells + 1] !== 0) throw unusableLogits();
      return row.subarray(0, cells);
    });
  }

  dispose(): void {
    this.#kernel.dispose();
  }
}
