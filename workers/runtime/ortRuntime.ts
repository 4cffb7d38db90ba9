/** One onnxruntime build with one execution provider: what graphs and caches are made from. */
import type * as OrtCommon from 'onnxruntime-common';
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import type { BackendInfo } from '../../src/shared/protocol';
import { FlipbookError } from '../../src/shared/errors';
import { runtimeError } from './runtimeError';
import type { WasmHeap } from './wasmHeap';

/** The part of onnxruntime that we use; onnxruntime-web and onnxruntime-node both have it. */
export type OrtModule = Pick<typeof OrtCommon, 'Tensor' | 'InferenceSession'>;

export type Feeds = Record<string, Tensor>;
export type Results = Record<string, Tensor>;
type Providers = NonNullable<InferenceSession.SessionOptions['executionProviders']>;

/** How long after a failed run the device may take to report that it is lost. */
const LOSS_REPORT_MILLISECONDS = 500;

export class OrtRuntime {
  /** Runs of two sessions at once can crash the native WebGPU provider: one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  /** Fails the run in progress. */
  #failRun: (error: unknown) => void = () => undefined;
  #lost: FlipbookError | undefined;
  /** An error that the device reported by itself; the next run fails of it. */
  #fault: Error | undefined;
  #heap: WasmHeap | undefined;

  /**
   * @param cpuProvider name of the CPU provider in this build: 'wasm' or, in Node, 'cpu'.
   * @param device owned by the runtime; present when the heavy graphs run on WebGPU.
   * @param openHeap the heap of a build that runs on WebAssembly alone, once it has a session.
   */
  constructor(
    readonly ort: OrtModule,
    readonly info: BackendInfo,
    readonly cpuProvider: 'wasm' | 'cpu',
    readonly device?: GPUDevice,
    private readonly openHeap: () => WasmHeap | undefined = () => undefined,
  ) {
    if (device === undefined) return;
    device.addEventListener('uncapturederror', ({ error }) => {
      this.#fault ??= new Error(error.message);
    });
    void device.lost.then(({ reason, message }) => {
      this.#lost = new FlipbookError(
        'DeviceLost',
        `The graphics processor stopped (${message || reason}). Finished frames are kept. Press ` +
          'Generate to try again, or use ?backend=wasm.',
      );
      this.#failRun(this.#lost);
    });
  }

  /** onnxruntime's own memory, whose tensors runs read without a copy. */
  get heap(): WasmHeap | undefined {
    return (this.#heap ??= this.openHeap());
  }

  /** One provider at a time: a list can fall back silently.
   *  @param preferredLayout of convolutions; absent: as the provider likes. */
  providers(where: 'accelerator' | 'cpu', preferredLayout?: 'NCHW' | 'NHWC'): Providers {
    if (where === 'cpu' || this.device === undefined) return [this.cpuProvider];
    const { device } = this;
    return [{ name: 'webgpu', device, ...(preferredLayout ? { preferredLayout } : {}) }];
  }

  /** Runs `work` after all earlier work; rejects when the device is lost or reported an error. */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(() => this.#guarded(work));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      if (this.#lost) throw this.#lost;
      const result = await this.#failingRun(work);
      const fault = this.#fault;
      this.#fault = undefined;
      if (fault) throw fault;
      return result;
    } catch (error) {
      throw (await this.#lossBehind()) ?? runtimeError(error);
    }
  }

  /** A lost device fails the run in any words, often before it reports the loss itself. */
  async #lossBehind(): Promise<FlipbookError | undefined> {
    if (this.device === undefined || this.#lost) return this.#lost;
    const patience = new Promise((resolve) => setTimeout(resolve, LOSS_REPORT_MILLISECONDS));
    await Promise.race([this.device.lost, patience]);
    return this.#lost;
  }

  /** A run on a lost device may never settle, so the loss settles it. */
  #failingRun<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#failRun = reject;
      work().then(resolve, reject);
    });
  }

  /** Waits until the device, if there is one, has done what it was asked for. */
  deviceIdle(): Promise<void> {
    return this.exclusive(async () => {
      await this.device?.queue.onSubmittedWorkDone();
    });
  }

  /** Gives the device back; sessions must be released before. */
  dispose(): void {
    this.device?.destroy();
  }
}
