/**
 * A run whose kernels onnxruntime records on the WebGPU device the first time and plays back every
 * later time: no kernel is chosen, bound or given its numbers again (docs/graph-capture.md).
 *
 * The recording knows nothing but buffers. So every input has one for good: those in main memory are
 * written to buffers of its own before every run, and those on the device must stay the same.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { errorKind, FlipbookError } from '../../src/shared/errors';
import { ROWS, TEMPORAL_SHARE } from '../../src/shared/manifest';
import { copyToDevice } from './copyToDevice';
import type { InputContent } from './copyToDevice';
import type { OnnxGraph } from './onnxGraph';
import type { Feeds, OrtRuntime, Results } from './ortRuntime';

/** Inputs that are the same in all runs of a batch. */
const SAME_IN_ALL_RUNS: ReadonlySet<string> = new Set(['text', 'summary', ROWS, TEMPORAL_SHARE]);

/**
 * Has the runs to come recorded by the first of them and played back by the others.
 *
 * @returns undefined where graph or device cannot: its runs draw all the same, unrecorded.
 */
export async function recordWherePossible(graph: OnnxGraph): Promise<RecordedRun | undefined> {
  if (!graph.recordable) return undefined;
  try {
    return await RecordedRun.create(graph);
  } catch (error) {
    // A device without room for the weights once more draws all the same.
    if (errorKind(error) === 'DeviceLost') throw error;
    console.warn(`Steps of ${graph.name} are not recorded:`, error);
    return undefined;
  }
}

export class RecordedRun {
  /** What the first run was fed with, all of it on the device. */
  #placed: Feeds | undefined;
  readonly #own: GPUBuffer[] = [];

  private constructor(
    private readonly runtime: OrtRuntime,
    private readonly device: GPUDevice,
    private readonly session: InferenceSession,
  ) {}

  /** Makes a session for one recording: weights are on the device once more while it lives. */
  static async create(graph: OnnxGraph): Promise<RecordedRun> {
    const { runtime } = graph;
    if (!runtime.device) throw new RangeError('runs are recorded on a WebGPU device only');
    return new RecordedRun(runtime, runtime.device, await graph.recordingSession());
  }

  /**
   * Runs the graph; results are on the device, in the same buffers every time.
   *
   * @param feeds of the same shapes in all calls, those on the device in the same buffers.
   */
  async run(feeds: Feeds): Promise<Results> {
    const placed = (this.#placed ??= this.#place(feeds));
    for (const [name, tensor] of Object.entries(feeds)) {
      const buffer = placed[name]!.gpuBuffer;
      if (tensor.location === 'gpu-buffer') requireSame(name, tensor.gpuBuffer, buffer);
      else if (!SAME_IN_ALL_RUNS.has(name)) {
        this.device.queue.writeBuffer(buffer, 0, tensor.data as InputContent);
      }
    }
    return this.runtime.exclusive(() => this.session.run(placed));
  }

  /** Frees the session behind all work so far. */
  async release(): Promise<void> {
    await this.runtime.exclusive(() => this.session.release()).catch(() => undefined);
    for (const buffer of this.#own.splice(0)) buffer.destroy();
  }

  #place(feeds: Feeds): Feeds {
    const placed = Object.entries(feeds).map(([name, tensor]) => [
      name,
      tensor.location === 'gpu-buffer' ? tensor : this.#copy(name, tensor),
    ]);
    return Object.fromEntries(placed) as Feeds;
  }

  #copy(label: string, tensor: Tensor): Tensor {
    const copy = copyToDevice(this.runtime.ort, this.device, label, tensor);
    this.#own.push(copy.gpuBuffer);
    return copy;
  }
}

/** Another buffer would be ignored without a word. */
function requireSame(name: string, found: GPUBuffer, recorded: GPUBuffer): void {
  if (found === recorded) return;
  throw new FlipbookError('Internal', `The input ${name} of a recorded run changed its place.`);
}
