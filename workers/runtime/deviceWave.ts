/** What waves read and draw, on the WebGPU device: of all that a wave's run reads nothing but its cells
 *  is uploaded, and no token comes back before it is wanted. Of key frames, none of which is given. */
import type { SpecialIds } from '../../src/shared/manifest';
import type { RegionLayout, TextColumns } from '../sampling/visibility';
import { unusableLogits } from '../sampling/sampleTopK';
import { IDLE } from '../sampling/wavefront';
import type { Wave } from '../sampling/wavefront';
import { CANDIDATE_BYTES, drawingSettings } from './codeDrawing';
import type { CodeDrawing } from './codeDrawing';
import { DeviceKernel } from './deviceKernel';
import type { OrtModule } from './ortRuntime';
import {
  INPUT_THREADS,
  MOST_ROWS,
  SAMPLE_WAVE,
  SHAPE_WORDS,
  WAVE_BIASES,
  WAVE_ROWS,
} from './wave.wgsl';
import type { WaveFeeds } from './waveRunner';

/** The batch and how its codes are drawn. */
export interface WaveBatch {
  windows: number;
  /** Windows times guidance branches; branch b of window w is sequence b * windows + w. */
  sequences: number;
  /** Frames, R. */
  rows: number;
  /** Of a frame, C. */
  cells: number;
  text: TextColumns;
  /** Text slots of the model, which positions count. */
  textLength: number;
  layouts: readonly RegionLayout[];
  /** As for `WindowFrames`. */
  lag: number;
  nullHint: SpecialIds['nullHint'];
  drawing: Omit<CodeDrawing, 'rows'>;
}

/** What is known before the first wave. */
export interface WaveStart {
  /** Ids that open the frames [sequences, R]. */
  opening: Int32Array<ArrayBuffer>;
  /** Uniform numbers in [0, 1) [windows, R, C]. */
  numbers: Float32Array<ArrayBuffer>;
}

export class DeviceWave {
  /** Inputs of the run over the wave that `begin` was told. */
  readonly feeds: WaveFeeds;
  readonly #kernels: Record<'rows' | 'biases' | 'sample', DeviceKernel>;
  readonly #rows: GPUBuffer[];
  readonly #biases: GPUBuffer[];
  readonly #sample: { before: GPUBuffer[]; after: GPUBuffer[] };
  readonly #wave: GPUBuffer;
  readonly #drawn: GPUBuffer;
  readonly #aside: GPUBuffer;

  constructor(
    ort: Pick<OrtModule, 'Tensor'>,
    private readonly device: GPUDevice,
    private readonly batch: WaveBatch,
    { opening, numbers }: WaveStart,
  ) {
    const { windows, sequences, rows, cells, text, layouts, drawing } = batch;
    if (rows > MOST_ROWS) throw new RangeError(`a wave has at most ${MOST_ROWS} rows, not ${rows}`);
    const kernel = (label: string, code: string) => new DeviceKernel(device, { label, code });
    const kernels = {
      rows: kernel('rows of a wave', WAVE_ROWS),
      biases: kernel('biases of a wave', WAVE_BIASES),
      sample: kernel('sample a wave', SAMPLE_WAVE),
    };
    this.#kernels = kernels;
    const filled = (label: string, content: Int32Array | Uint32Array | Float32Array): GPUBuffer => {
      const buffer = kernels.rows.storage(label, content.byteLength);
      device.queue.writeBuffer(buffer, 0, content);
      return buffer;
    };
    const shape = kernels.rows.uniform('batch', shapeWords(batch));
    const wave = kernels.rows.uniform('wave', new ArrayBuffer(4 * MOST_ROWS));
    const width = text.slots + rows * cells + rows;
    const own = sequences * rows;
    const ids = kernels.rows.storage('ids', 4 * own);
    const hints = kernels.rows.storage('hints', 8 * own);
    const positions = kernels.rows.storage('positions', 4 * own);
    const spatial = kernels.biases.storage('spatial biases', 4 * own * width);
    const temporal = kernels.biases.storage('temporal biases', 4 * layouts.length * own * width);
    const drawn = kernels.sample.storage('drawn tokens', 4 * (windows * rows * cells + 1));
    const regions = Uint32Array.from(layouts.flatMap(({ region }) => [...region]));
    this.#wave = wave;
    this.#drawn = drawn;
    this.#aside = kernels.sample.storage('tokens of a window aside', 4 * rows * cells);
    this.#rows = [shape, wave, filled('opening ids', opening), drawn, ids, hints, positions];
    const lengths = filled('text lengths', Uint32Array.from(text.lengths));
    this.#biases = [shape, wave, lengths, filled('regions', regions), spatial, temporal];
    const settings = drawingSettings({ ...drawing, rows: windows * rows });
    const candidates = CANDIDATE_BYTES * windows * rows * drawing.codes;
    this.#sample = {
      before: [kernels.sample.uniform('settings', settings)],
      after: [
        kernels.sample.storage('candidates', candidates),
        shape,
        wave,
        filled('uniform numbers', numbers),
        drawn,
      ],
    };
    const tensor = (buffer: GPUBuffer, dataType: 'int32' | 'float32', dims: number[]) =>
      ort.Tensor.fromGpuBuffer(buffer, { dataType, dims });
    this.feeds = {
      ids: tensor(ids, 'int32', [sequences, rows]),
      hints: tensor(hints, 'int32', [sequences, rows, 2]),
      positions: tensor(positions, 'int32', [sequences, rows]),
      spatial_bias: tensor(spatial, 'float32', [sequences, 1, rows, width]),
      temporal_bias: tensor(temporal, 'float32', [layouts.length, sequences, 1, rows, width]),
    };
  }

  /** Fills the inputs of the next wave's run; belongs between the `draw` before and that run. */
  begin(wave: Wave): void {
    const { sequences, rows, layouts } = this.batch;
    const cells = new Int32Array(MOST_ROWS).fill(IDLE);
    cells.set(wave);
    this.device.queue.writeBuffer(this.#wave, 0, cells);
    const encoder = this.device.createCommandEncoder();
    const own = sequences * rows;
    this.#kernels.rows.run(encoder, this.#rows.map(whole), Math.ceil(own / INPUT_THREADS));
    this.#kernels.biases.run(encoder, this.#biases.map(whole), own * (1 + layouts.length));
    this.device.queue.submit([encoder.finish()]);
  }

  /**
   * Draws the wave's cell of every row of every window.
   *
   * @param logits float32 [sequences, R, codes]; may be freed or used again after the call.
   */
  draw(logits: GPUBuffer): void {
    const { before, after } = this.#sample;
    const resources = [...before, logits, ...after].map(whole);
    const encoder = this.device.createCommandEncoder();
    this.#kernels.sample.run(encoder, resources, this.batch.windows * this.batch.rows);
    this.device.queue.submit([encoder.finish()]);
  }

  /**
   * Reads back what the calls of `draw` so far have drawn, without holding later ones up.
   *
   * @returns tokens [windows, R, C]; those of cells that are not drawn yet are 0.
   * @throws FlipbookError Internal when logits held NaN or had no finite best one.
   */
  async read(): Promise<Int32Array> {
    const { windows, rows, cells } = this.batch;
    const encoder = this.device.createCommandEncoder();
    const tokens = new Int32Array(await this.#kernels.sample.read(encoder, this.#drawn));
    const count = windows * rows * cells;
    if (tokens[count] !== 0) throw unusableLogits();
    return tokens.subarray(0, count);
  }

  /** Gives every window the tokens that window `best` has drawn so far. */
  goOnFrom(best: number): void {
    const { windows, rows, cells } = this.batch;
    const bytes = 4 * rows * cells;
    const encoder = this.device.createCommandEncoder();
    // WebGPU copies between different buffers only.
    encoder.copyBufferToBuffer(this.#drawn, best * bytes, this.#aside, 0, bytes);
    for (let window = 0; window < windows; window++) {
      encoder.copyBufferToBuffer(this.#aside, 0, this.#drawn, window * bytes, bytes);
    }
    this.device.queue.submit([encoder.finish()]);
  }

  dispose(): void {
    for (const kernel of Object.values(this.#kernels)) kernel.dispose();
  }
}

function whole(buffer: GPUBuffer): GPUBufferBinding {
  return { buffer };
}

function shapeWords(batch: WaveBatch): ArrayBuffer {
  const { windows, sequences, rows, cells, text, textLength, layouts, lag, nullHint } = batch;
  const values: Record<(typeof SHAPE_WORDS)[number], number> = {
    sequences,
    windows,
    rows,
    cells,
    text_slots: text.slots,
    text_length: textLength,
    patterns: layouts.length,
    lag,
    null_hint: nullHint,
  };
  const words = new Uint32Array(SHAPE_WORDS.length + 1);
  words.set(SHAPE_WORDS.map((name) => values[name]));
  new Float32Array(words.buffer)[SHAPE_WORDS.length] = text.boost;
  return words.buffer;
}
