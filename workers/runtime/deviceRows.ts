/** Single rows of keys and values on their way into caches on the WebGPU device. */
import { DeviceKernel } from './deviceKernel';
import { MOST_PAIRS, MOST_ROWS, PLACES_AT, ROW_WORDS, scatterRows } from './scatterRows.wgsl';

/** Blocks at equal distances in a buffer of float32, and where the rows begin in the first of them, in
 *  floats. */
export interface RowPlaces {
  buffer: GPUBuffer;
  stride: number;
  /** At most MOST_ROWS. */
  starts: readonly number[];
}

/** Some rows of `width` floats for each of `blocks` heads of sequences. */
export interface BlockRows {
  blocks: number;
  width: number;
  from: RowPlaces;
  to: RowPlaces;
}

/** Settings lie so many bytes apart: every device can bind uniforms at multiples of 256. */
const UNIFORM_BYTES = 256 * Math.ceil((4 * ROW_WORDS) / 256);
/** Groups for which there are settings at first. */
const GROUPS = 16;

/** Moves rows of up to `MOST_PAIRS` tensors in one dispatch. */
export class DeviceRows {
  #waiting: BlockRows[] = [];
  /** By how many tensors they move. */
  readonly #kernels = new Map<number, DeviceKernel>();
  #settings: GPUBuffer | undefined;

  constructor(private readonly device: GPUDevice) {}

  /** Whether `encode` has something to do. */
  get waiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** A target may wait once. */
  add(rows: BlockRows): void {
    this.#waiting.push(rows);
  }

  /** Encodes the moves of everything that waits; submit before `encode` is called again. */
  encode(encoder: GPUCommandEncoder): void {
    const groups = alikeInGroups(this.#waiting);
    this.#waiting = [];
    const content = new Uint32Array((groups.length * UNIFORM_BYTES) / 4);
    groups.forEach((group, index) => {
      const words = content.subarray((index * UNIFORM_BYTES) / 4);
      words[0] = group[0]!.width;
      words[1] = group[0]!.from.starts.length;
      group.forEach(({ from, to }, pair) => {
        words.set([from.stride, to.stride], 4 + 4 * pair);
        const first = PLACES_AT + 2 * MOST_ROWS * pair;
        from.starts.forEach((start, row) => {
          words.set([start, to.starts[row]!], first + 2 * row);
        });
      });
    });
    const settings = this.#settingsFor(groups.length);
    this.device.queue.writeBuffer(settings, 0, content);
    groups.forEach((group, index) => {
      const uniform = { buffer: settings, offset: index * UNIFORM_BYTES, size: 4 * ROW_WORDS };
      const buffers = [...group.map(({ from }) => from), ...group.map(({ to }) => to)];
      const storage = buffers.map(({ buffer }) => ({ buffer }));
      const workgroups = group[0]!.blocks * group[0]!.from.starts.length;
      this.#kernel(group.length).run(encoder, [uniform, ...storage], workgroups);
    });
  }

  dispose(): void {
    this.#waiting = [];
    for (const kernel of this.#kernels.values()) kernel.dispose();
    this.#kernels.clear();
    this.#settings = undefined;
  }

  #kernel(pairs: number): DeviceKernel {
    let kernel = this.#kernels.get(pairs);
    if (!kernel) {
      kernel = new DeviceKernel(this.device, { label: 'cache rows', code: scatterRows(pairs) });
      this.#kernels.set(pairs, kernel);
    }
    return kernel;
  }

  /** A larger one where it does not do; the smaller lives until `dispose`, since work may wait. */
  #settingsFor(groups: number): GPUBuffer {
    const bytes = Math.max(groups, GROUPS) * UNIFORM_BYTES;
    if (this.#settings === undefined || this.#settings.size < bytes) {
      this.#settings = this.#kernel(MOST_PAIRS).uniform('row places', new ArrayBuffer(bytes));
    }
    return this.#settings;
  }
}

/** Up to `MOST_PAIRS` neighbours of as many blocks and rows, as wide. */
function alikeInGroups(rows: readonly BlockRows[]): BlockRows[][] {
  const groups: BlockRows[][] = [];
  for (const own of rows) {
    const last = groups.at(-1);
    const first = last?.[0];
    const alike =
      first?.blocks === own.blocks &&
      first.width === own.width &&
      first.from.starts.length === own.from.starts.length;
    if (last && alike && last.length < MOST_PAIRS) last.push(own);
    else groups.push([own]);
  }
  return groups;
}
