/** Where key and value caches live: in onnxruntime's heap for WASM, in GPU buffers for WebGPU. */
import type { Tensor } from 'onnxruntime-common';
import { DeviceRows } from './deviceRows';
import type { OnnxGraph } from './onnxGraph';
import type { OrtModule } from './ortRuntime';
import { MOST_ROWS } from './scatterRows.wgsl';
import type { WasmHeap } from './wasmHeap';

/** `count` neighbouring rows that move from one row to another. */
export interface RowRun {
  from: number;
  to: number;
  count: number;
}

/** `count` neighbouring rows. */
export interface RowRange {
  first: number;
  count: number;
}

/** A cache of shape [sequences, heads, rows, headDim], float32, at a fixed address. */
export interface CacheBlock {
  /** Another one, over the same memory, after `setRows`. */
  tensor: Tensor;
}

export interface CacheMemory {
  /** Zeros. */
  allocate(dims: readonly number[]): CacheBlock;
  /**
   * Gives every head of a block so many rows, at most as many as it was allocated with, and keeps the
   * first ones. Left out where runs must find blocks of one shape.
   */
  setRows?(block: CacheBlock, rows: number): void;
  /**
   * Copies rows of `source` [1, count, heads, rows, headDim] into `target`, whose sequences from
   * `firstSequence` on belong to the source's sequences. The leading 1 may be missing.
   */
  copyRows(
    source: Tensor,
    target: CacheBlock,
    firstSequence: number,
    runs: readonly RowRun[],
  ): void;
  /** Copies neighbouring rows of one sequence of a block to the same rows of another one. */
  copyBetweenSequences(block: CacheBlock, from: number, to: number, rows: RowRange): void;
  /** Copies a block into another one of its shape. */
  copyBlock(from: CacheBlock, to: CacheBlock): void;
  /** Makes the copies so far happen before the next run of a graph. */
  flush(): void;
  /** Frees one block; copies from it must be flushed before. */
  free(block: CacheBlock): void;
  /** Frees every block. */
  dispose(): void;
}

/** [sequences, heads, rows, headDim] of new rows, which older graphs give without a leading 1. */
export function rowDims({ dims }: Tensor): [number, number, number, number] {
  const [sequences = 0, heads = 0, rows = 0, width = 0] = dims.slice(-4);
  return [sequences, heads, rows, width];
}

/** Where the caches of the graph's runs are read fastest. */
export function cacheMemory({ runtime, heap }: Pick<OnnxGraph, 'runtime' | 'heap'>): CacheMemory {
  const { ort, device } = runtime;
  return device === undefined ? new MainCacheMemory(ort, heap) : new GpuCacheMemory(ort, device);
}

class MainCacheMemory implements CacheMemory {
  /** Whole blocks, of which tensors may show less. */
  readonly #blocks = new Map<CacheBlock, Float32Array>();

  constructor(
    private readonly ort: OrtModule,
    private readonly heap: WasmHeap | undefined,
  ) {}

  allocate(dims: readonly number[]): CacheBlock {
    const size = dims.reduce((product, dim) => product * dim, 1);
    // Where onnxruntime's heap has no room runs copy the block, one at a time.
    const data = this.heap?.allocate(size) ?? new Float32Array(size);
    const block = { tensor: new this.ort.Tensor('float32', data, dims) };
    this.#blocks.set(block, data);
    return block;
  }

  setRows(block: CacheBlock, rows: number): void {
    const whole = this.#blocks.get(block)!;
    const [sequences = 0, heads = 0, before = 0, width = 0] = block.tensor.dims;
    const count = sequences * heads;
    const kept = Math.min(before, rows) * width;
    // Heads move apart from the last one on, and together from the first, so none overwrites another.
    for (let moved = 1; moved < count; moved++) {
      const head = rows > before ? count - moved : moved;
      const start = head * before * width;
      whole.copyWithin(head * rows * width, start, start + kept);
    }
    const dims = [sequences, heads, rows, width];
    block.tensor = new this.ort.Tensor('float32', whole.subarray(0, count * rows * width), dims);
  }

  copyRows(source: Tensor, target: CacheBlock, firstSequence: number, runs: readonly RowRun[]) {
    const from = source.data as Float32Array;
    const to = target.tensor.data as Float32Array;
    const [sequences, heads, rows, width] = rowDims(source);
    const capacity = target.tensor.dims[2]!;
    for (let block = 0; block < sequences * heads; block++) {
      const fromBlock = block * rows;
      const toBlock = (firstSequence * heads + block) * capacity;
      for (const run of runs) {
        // A plain loop: for single rows it beats subarray() and set(), and allocates nothing.
        const start = (fromBlock + run.from) * width;
        const offset = (toBlock + run.to) * width - start;
        for (let at = start; at < start + run.count * width; at++) to[at + offset] = from[at]!;
      }
    }
  }

  copyBetweenSequences({ tensor }: CacheBlock, from: number, to: number, rows: RowRange) {
    const data = tensor.data as Float32Array;
    const [, heads = 0, capacity = 0, width = 0] = tensor.dims;
    for (let head = 0; head < heads; head++) {
      const start = ((from * heads + head) * capacity + rows.first) * width;
      const target = ((to * heads + head) * capacity + rows.first) * width;
      data.copyWithin(target, start, start + rows.count * width);
    }
  }

  copyBlock(from: CacheBlock, to: CacheBlock) {
    (to.tensor.data as Float32Array).set(from.tensor.data as Float32Array);
  }

  flush(): void {
    // Copies are done at once.
  }

  free(block: CacheBlock): void {
    const data = this.#blocks.get(block)!;
    if (this.heap?.holds(data)) this.heap.free(data);
    this.#blocks.delete(block);
  }

  dispose(): void {
    for (const block of this.#blocks.keys()) this.free(block);
  }
}

const FLOAT_BYTES = 4;

/** GPUBufferUsage.STORAGE | COPY_DST | COPY_SRC, as numbers: Node has no such global. */
const CACHE_USAGE = 0x80 | 0x08 | 0x04;

class GpuCacheMemory implements CacheMemory {
  readonly #buffers: GPUBuffer[] = [];
  #aside: GPUBuffer | undefined;
  #encoder: GPUCommandEncoder | undefined;
  readonly #rows: DeviceRows;

  constructor(
    private readonly ort: OrtModule,
    private readonly device: GPUDevice,
  ) {
    this.#rows = new DeviceRows(device);
  }

  allocate(dims: readonly number[]): CacheBlock {
    const size = dims.reduce((product, dim) => product * dim, FLOAT_BYTES);
    const buffer = this.device.createBuffer({
      label: `cache ${dims.join('x')}`,
      // onnxruntime binds storage in units of 16 bytes.
      size: Math.ceil(size / 16) * 16,
      usage: CACHE_USAGE,
    });
    this.#buffers.push(buffer);
    return { tensor: this.ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims }) };
  }

  copyRows(source: Tensor, target: CacheBlock, firstSequence: number, runs: readonly RowRun[]) {
    const from = source.gpuBuffer;
    const to = target.tensor.gpuBuffer;
    const [sequences, heads, rows, width] = rowDims(source);
    const capacity = target.tensor.dims[2]!;
    if (runs.length <= MOST_ROWS && runs.every(({ count }) => count === 1)) {
      // A step's: a copy for every head of every sequence would cost more than the step's kernels.
      const first = firstSequence * heads * capacity;
      const starts = runs.map((run) => run.from * width);
      const targets = runs.map((run) => (first + run.to) * width);
      this.#rows.add({
        blocks: sequences * heads,
        width,
        from: { buffer: from, stride: rows * width, starts },
        to: { buffer: to, stride: capacity * width, starts: targets },
      });
      return;
    }
    const encoder = this.#encode();
    const rowBytes = width * FLOAT_BYTES;
    for (let block = 0; block < sequences * heads; block++) {
      const fromBlock = block * rows;
      const toBlock = (firstSequence * heads + block) * capacity;
      for (const run of runs) {
        const start = (fromBlock + run.from) * rowBytes;
        const end = (toBlock + run.to) * rowBytes;
        encoder.copyBufferToBuffer(from, start, to, end, run.count * rowBytes);
      }
    }
  }

  copyBetweenSequences({ tensor }: CacheBlock, from: number, to: number, rows: RowRange) {
    const encoder = this.#encode();
    const [, heads = 0, capacity = 0, width = 0] = tensor.dims;
    const bytes = rows.count * width * FLOAT_BYTES;
    // WebGPU copies between different buffers only.
    const aside = this.#bufferAside(bytes);
    for (let head = 0; head < heads; head++) {
      const row = (sequence: number) =>
        ((sequence * heads + head) * capacity + rows.first) * width * FLOAT_BYTES;
      encoder.copyBufferToBuffer(tensor.gpuBuffer, row(from), aside, 0, bytes);
      encoder.copyBufferToBuffer(aside, 0, tensor.gpuBuffer, row(to), bytes);
    }
  }

  copyBlock(from: CacheBlock, to: CacheBlock) {
    const { gpuBuffer } = from.tensor;
    this.#encode().copyBufferToBuffer(gpuBuffer, 0, to.tensor.gpuBuffer, 0, gpuBuffer.size);
  }

  #encode(): GPUCommandEncoder {
    return (this.#encoder ??= this.device.createCommandEncoder());
  }

  /** A buffer of at least so many bytes; earlier ones live until `dispose`, copies may wait. */
  #bufferAside(bytes: number): GPUBuffer {
    if (this.#aside === undefined || this.#aside.size < bytes) {
      this.#aside = this.device.createBuffer({
        label: 'cache rows aside',
        size: bytes,
        usage: CACHE_USAGE,
      });
      this.#buffers.push(this.#aside);
    }
    return this.#aside;
  }

  flush(): void {
    if (this.#rows.waiting) this.#rows.encode(this.#encode());
    if (this.#encoder) this.device.queue.submit([this.#encoder.finish()]);
    this.#encoder = undefined;
  }

  free({ tensor }: CacheBlock): void {
    const buffer = tensor.gpuBuffer;
    this.#buffers.splice(this.#buffers.indexOf(buffer), 1);
    buffer.destroy();
  }

  dispose(): void {
    this.#encoder = undefined;
    this.#rows.dispose();
    for (const buffer of this.#buffers.splice(0)) buffer.destroy();
  }
}
