/** Draws the hidden cells of a pass where the logits are, on the WebGPU device. */
import type { SureToken } from '../sampling/drawHidden';
import { unusableLogits } from '../sampling/sampleTopK';
import { CANDIDATE_BYTES, drawingSettings } from './codeDrawing';
import type { CodeDrawing } from './codeDrawing';
import { DeviceKernel } from './deviceKernel';
import { SAMPLE_ROWS } from './sampleRows.wgsl';

/** A row whose cell is hidden. */
export interface HiddenRow {
  /** Row r of window w's R is row w * R + r. */
  row: number;
  /** In [0, 1), also in float32. */
  number: number;
}

/** Of a hidden row, and of what is drawn of it: two numbers. */
const ROW_BYTES = 8;
/** Rows that are drawn at a time, in as many workgroups, each with its scratch. Not tuned on hardware.
 *  Bindings begin at multiples of 256 bytes. */
const ROWS_AT_A_TIME = 256;

/**
 * The twin of `mixedRows` and `drawSure`, in float32 instead of float64; where it can draw another
 * code than they do, `DeviceSampler` says. Rows that are equally sure in float64 may differ by some
 * 1e-6 here.
 *
 * Made for one batch; disposing it frees what it holds on the device.
 */
export class PassSampler {
  readonly #kernel: DeviceKernel;
  readonly #settings: GPUBuffer;
  readonly #hidden: GPUBuffer;
  readonly #drawn: GPUBuffer;
  readonly #candidates: GPUBuffer;

  /** @param drawing its rows are those of all windows. */
  constructor(
    private readonly device: GPUDevice,
    drawing: CodeDrawing,
  ) {
    const { rows, codes } = drawing;
    const kernel = new DeviceKernel(device, { label: 'sample rows', code: SAMPLE_ROWS });
    this.#kernel = kernel;
    this.#settings = kernel.uniform('settings', drawingSettings(drawing));
    this.#hidden = kernel.storage('hidden rows', ROW_BYTES * rows);
    this.#drawn = kernel.storage('drawn tokens', ROW_BYTES * rows);
    this.#candidates = kernel.storage(
      'candidates',
      CANDIDATE_BYTES * Math.min(rows, ROWS_AT_A_TIME) * codes,
    );
  }

  /**
   * Draws a code of each of the rows. The work is ordered before it returns: it belongs between the
   * run that made the logits and the next one.
   *
   * @param logits float32 [branches * rows, codes]; may be freed or used again after the call.
   * @throws FlipbookError Internal when logits held NaN or had no finite best one.
   */
  async draw(logits: GPUBuffer, rows: readonly HiddenRow[]): Promise<SureToken[]> {
    const hidden = new Uint32Array(2 * rows.length);
    const numbers = new Float32Array(hidden.buffer);
    rows.forEach(({ row, number }, index) => {
      hidden[2 * index] = row;
      numbers[2 * index + 1] = number;
    });
    this.device.queue.writeBuffer(this.#hidden, 0, hidden);
    const encoder = this.device.createCommandEncoder();
    const whole = [this.#settings, logits, this.#candidates].map((buffer) => ({ buffer }));
    for (let first = 0; first < rows.length; first += ROWS_AT_A_TIME) {
      const offset = ROW_BYTES * first;
      const parts = [this.#hidden, this.#drawn].map((buffer) => ({ buffer, offset }));
      const count = Math.min(ROWS_AT_A_TIME, rows.length - first);
      this.#kernel.run(encoder, [...whole, ...parts], count);
    }
    const drawn = await this.#kernel.read(encoder, this.#drawn, ROW_BYTES * rows.length);
    const tokens = new Int32Array(drawn);
    const surenesses = new Float32Array(drawn);
    return rows.map((_, index) => {
      const token = tokens[2 * index]!;
      if (token < 0) throw unusableLogits();
      return { token, sureness: surenesses[2 * index + 1]! };
    });
  }

  dispose(): void {
    this.#kernel.dispose();
  }
}
