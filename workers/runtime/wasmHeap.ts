/**
 * onnxruntime-web's own memory, the WebAssembly heap, and runs over tensors that lie in it.
 *
 * `InferenceSession.run` copies every input into the heap, key and value caches of tens of megabytes
 * with each token. Here a run reads what lies in the heap where it lies, and copies only the rest.
 * The calls are those of onnxruntime-web's own `run` (its lib/wasm/wasm-core-impl.ts).
 */
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { FlipbookError } from '../../src/shared/errors';
import type { Feeds, OrtModule, Results } from './ortRuntime';
import { runtimeError } from './runtimeError';

/** The part of onnxruntime-web's Emscripten module that is used. Addresses and sizes are bytes. */
export interface OrtWasmModule {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  stackSave(): number;
  stackAlloc(bytes: number): number;
  stackRestore(stack: number): void;
  getValue(address: number, type: 'i32'): number;
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, address: number, bytes: number): void;
  UTF8ToString(address: number): string;
  _OrtCreateTensor(
    type: number,
    data: number,
    bytes: number,
    dims: number,
    rank: number,
    location: number,
  ): number;
  _OrtReleaseTensor(tensor: number): number;
  _OrtGetTensorData(tensor: number, type: number, data: number, dims: number, rank: number): number;
  _OrtFree(address: number): number;
  _OrtRun(
    session: number,
    inputNames: number,
    inputs: number,
    inputCount: number,
    outputNames: number,
    outputCount: number,
    outputs: number,
    options: number,
  ): number;
  _OrtGetLastError(code: number, message: number): number;
}

/** Bytes of an address, of an int32 and of a float32. */
const WORD = 4;
/** ONNX's TensorProto.DataType, of the types that transformers take and give. */
const FLOAT32 = 1;
const INT32 = 6;
/** onnxruntime-web's number of the location 'cpu'. */
const MAIN_MEMORY = 1;
const NO_OPTIONS = 0;

type Numbers = Float32Array | Int32Array;

export class WasmHeap {
  /** Addresses of names as C strings: graphs share them, so they are kept. */
  readonly #names = new Map<string, number>();
  /** The heap's buffers so far: it is shared, so what was allocated stays valid when it grows. */
  readonly #buffers = new WeakSet<ArrayBufferLike>();
  /** Of each session's last run, so that steps make no garbage. */
  readonly #results = new WeakMap<InferenceSession, Results>();
  /** The heap as it was when it was last asked for. */
  #words: Uint32Array<ArrayBufferLike> = new Uint32Array(0);

  constructor(
    private readonly module: OrtWasmModule,
    private readonly ort: Pick<OrtModule, 'Tensor'>,
  ) {}

  /** Zeros in the heap, until `free`; undefined where it has no room. */
  allocate(floats: number): Float32Array | undefined {
    const address = this.#malloc(floats * WORD);
    if (address === undefined) return undefined;
    const buffer = this.#buffer();
    this.#buffers.add(buffer);
    return new Float32Array(buffer, address, floats).fill(0);
  }

  /** @param floats what `allocate` gave. */
  free(floats: Float32Array): void {
    this.module._free(floats.byteOffset);
  }

  /** Whether some tensor lies in the heap, so that `run` pays. */
  holdsSome(tensors: Feeds): boolean {
    return Object.values(tensors).some((tensor) => this.holds(tensor.data as Numbers));
  }

  holds(numbers: Numbers): boolean {
    return this.#buffers.has(numbers.buffer);
  }

  /**
   * What `session.run` does, without copies of the feeds that lie here. Results are in JavaScript's
   * memory, until the session's next run, which takes the same arrays where shapes are the same.
   *
   * @param feeds float32 and int32, as are the results.
   */
  run(session: InferenceSession, feeds: Feeds, wanted: readonly string[]): Results {
    const { module } = this;
    const stack = module.stackSave();
    const inputs: number[] = [];
    const copies: number[] = [];
    const outputs = this.#push(wanted.map(() => 0));
    try {
      for (const tensor of Object.values(feeds)) inputs.push(this.#place(tensor, copies));
      this.#check(
        module._OrtRun(
          sessionHandle(session),
          this.#push(Object.keys(feeds).map((name) => this.#name(name))),
          this.#push(inputs),
          inputs.length,
          this.#push(wanted.map((name) => this.#name(name))),
          wanted.length,
          outputs,
          NO_OPTIONS,
        ),
      );
      const before = this.#results.get(session) ?? {};
      const results: Results = {};
      for (const [index, name] of wanted.entries()) {
        results[name] = this.#read(this.#word(outputs, index), before[name]);
      }
      this.#results.set(session, results);
      return results;
    } finally {
      for (const index of wanted.keys()) {
        const made = this.#word(outputs, index);
        if (made !== 0) module._OrtReleaseTensor(made);
      }
      for (const tensor of inputs) module._OrtReleaseTensor(tensor);
      for (const address of copies) module._free(address);
      module.stackRestore(stack);
    }
  }

  /** onnxruntime's value over the tensor's data, which is copied if it lies elsewhere. */
  #place(tensor: Tensor, copies: number[]): number {
    const { module } = this;
    const data = tensor.data as Numbers;
    let address = data.byteOffset;
    if (!this.holds(data)) {
      address = this.#required(data.byteLength);
      copies.push(address);
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      new Uint8Array(this.#buffer(), address).set(bytes);
    }
    const { dims, type } = tensor;
    const value = module._OrtCreateTensor(
      type === 'int32' ? INT32 : FLOAT32,
      address,
      data.byteLength,
      this.#push(dims),
      dims.length,
      MAIN_MEMORY,
    );
    if (value === 0) this.#fail();
    return value;
  }

  /** A copy of onnxruntime's value, in `before` if that has its shape. */
  #read(value: number, before: Tensor | undefined): Tensor {
    const { module } = this;
    const parts = this.#push([0, 0, 0, 0]);
    const places = [0, 1, 2, 3].map((index) => parts + index * WORD);
    const [type, data, dims, rank] = places as [number, number, number, number];
    this.#check(module._OrtGetTensorData(value, type, data, dims, rank));
    const first = this.#word(dims);
    const shape = Array.from({ length: this.#word(rank) }, (_, axis) => this.#word(first, axis));
    module._OrtFree(first);
    const size = shape.reduce((product, dim) => product * dim, 1);
    const isInt = this.#word(type) === INT32;
    const start = this.#word(data);
    const found = isInt
      ? new Int32Array(this.#buffer(), start, size)
      : new Float32Array(this.#buffer(), start, size);
    const name = isInt ? 'int32' : 'float32';
    if (before?.type === name && String(before.dims) === String(shape)) {
      (before.data as Numbers).set(found);
      return before;
    }
    return new this.ort.Tensor(name, found.slice(), shape);
  }

  /** Puts words on the module's stack; their address. */
  #push(words: readonly number[]): number {
    const address = this.module.stackAlloc(words.length * WORD);
    this.#wordsNow().set(words, address / WORD);
    return address;
  }

  #word(address: number, index = 0): number {
    return this.#wordsNow()[address / WORD + index]!;
  }

  #name(text: string): number {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const bytes = this.module.lengthBytesUTF8(text) + 1;
    const address = this.#required(bytes);
    this.module.stringToUTF8(text, address, bytes);
    this.#names.set(text, address);
    return address;
  }

  /** @throws FlipbookError OutOfMemory */
  #required(bytes: number): number {
    const address = this.#malloc(bytes);
    if (address !== undefined) return address;
    throw runtimeError(new Error(`out of memory: onnxruntime has no room for ${bytes} bytes`));
  }

  #malloc(bytes: number): number | undefined {
    // An address has 32 bits; none for no bytes would look like a failure.
    const fits = bytes < 2 ** (8 * WORD);
    const address = fits ? this.module._malloc(Math.max(bytes, WORD)) >>> 0 : 0;
    return address === 0 ? undefined : address;
  }

  /** The heap as it is now: it grows. */
  #buffer(): ArrayBufferLike {
    return this.#wordsNow().buffer;
  }

  #wordsNow(): Uint32Array {
    // Threads grow it too, and the module's views follow only when a value is read.
    this.module.getValue(0, 'i32');
    const { buffer } = this.module.HEAPU8;
    if (this.#words.buffer !== buffer) this.#words = new Uint32Array(buffer);
    return this.#words;
  }

  #check(failed: number): void {
    if (failed !== 0) this.#fail();
  }

  #fail(): never {
    const { module } = this;
    const code = this.#push([0, 0]);
    module._OrtGetLastError(code, code + WORD);
    throw new Error(module.UTF8ToString(this.#word(code, 1)));
  }
}

/** The address of onnxruntime's session, which onnxruntime-web keeps to itself. */
function sessionHandle(session: InferenceSession): number {
  const { handler } = session as unknown as { handler?: { sessionId?: unknown } };
  if (typeof handler?.sessionId === 'number') return handler.sessionId;
  throw new FlipbookError('Internal', 'This version of onnxruntime-web hides its sessions.');
}
