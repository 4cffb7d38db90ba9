/** The sessions of a graph's files: all of them, or as many at a time as the manifest allows. */
import type { InferenceSession } from 'onnxruntime-common';
import { FlipbookError } from '../../src/shared/errors';
import type { GraphManifest } from '../../src/shared/manifest';
import type { OrtRuntime } from './ortRuntime';
import { runtimeError } from './runtimeError';

export interface GraphPlacement {
  /** 'cpu' keeps a graph off the GPU. */
  where: 'accelerator' | 'cpu';
  /** Outputs that stay in GPU buffers when the graph runs on WebGPU; the caller disposes them. */
  gpuOutputs?: (name: string) => boolean;
  /**
   * Keeps WebGPU from moving Transposes: it would part the one of a transformer layer's queries, keys
   * and values into six, a kernel each, that cancel nothing. Not for graphs with convolutions.
   */
  keepTransposes?: boolean;
}

/** Both of them do it, and so does the change to the layout that convolutions want. */
const MOVING_TRANSPOSES = 'TransposeOptimizer;TransposeOptimizer_CPUExecutionProvider';

/** The bytes of one file of a graph, its shared weights included; asked for again when the file's
 *  session was released. */
export type ReadShard = (index: number) => Promise<Uint8Array>;

/** Tensor names of one session. */
export interface ShardNames {
  inputs: readonly string[];
  outputs: readonly string[];
}

/**
 * With `residentShards`, files that do not fit take turns in the last place: those before them stay
 * loaded, so that a run reads no file twice and no more files than it must.
 */
export class ShardSessions {
  readonly names: ShardNames[] = [];
  readonly #loaded = new Map<number, InferenceSession>();
  /** Files from this one on take turns. */
  readonly #firstInTurn: number;

  private constructor(
    private readonly runtime: OrtRuntime,
    private readonly manifest: GraphManifest,
    private readonly read: ReadShard,
    private readonly placement: GraphPlacement,
  ) {
    const { files, mainMemoryFiles = 0, residentShards = files.length } = manifest;
    const fit = mainMemoryFiles + residentShards >= files.length;
    this.#firstInTurn = fit ? files.length : mainMemoryFiles + residentShards - 1;
  }

  /**
   * Loads every file once, in order.
   * @throws FlipbookError ModelIntegrity when one is no graph.
   */
  static async open(
    runtime: OrtRuntime,
    manifest: GraphManifest,
    read: ReadShard,
    placement: GraphPlacement,
  ): Promise<ShardSessions> {
    const shards = new ShardSessions(runtime, manifest, read, placement);
    try {
      for (const index of manifest.files.keys()) {
        const { inputNames, outputNames } = await runtime.exclusive(() => shards.session(index));
        shards.names.push({ inputs: inputNames, outputs: outputNames });
      }
    } catch (error) {
      await shards.release();
      throw error;
    }
    return shards;
  }

  /** The session of a file, valid until another is asked for. Call within `runtime.exclusive`. */
  async session(index: number): Promise<InferenceSession> {
    const loaded = this.#loaded.get(index);
    if (loaded) return loaded;
    if (this.takesTurns(index)) await this.#makeRoom();
    const session = await this.#create(index, await this.read(index));
    this.#loaded.set(index, session);
    return session;
  }

  /** Whether a file's session may be released before its results are used up. */
  takesTurns(index: number): boolean {
    return index >= this.#firstInTurn;
  }

  /** One more session of the only file, whose first run is recorded on the device. */
  async recordingSession(): Promise<InferenceSession> {
    return this.#create(0, await this.read(0), {
      ...this.#options(0),
      enableGraphCapture: true,
      preferredOutputLocation: 'gpu-buffer',
    });
  }

  async release(): Promise<void> {
    const sessions = [...this.#loaded.values()];
    this.#loaded.clear();
    await Promise.all(sessions.map((session) => session.release()));
  }

  async #makeRoom(): Promise<void> {
    for (const [index, session] of this.#loaded) {
      if (!this.takesTurns(index)) continue;
      this.#loaded.delete(index);
      await session.release();
    }
  }

  async #create(
    index: number,
    bytes: Uint8Array,
    options = this.#options(index),
  ): Promise<InferenceSession> {
    try {
      return await this.runtime.ort.InferenceSession.create(bytes, options);
    } catch (error) {
      const known = runtimeError(error);
      if (known.kind !== 'Internal') throw known;
      const detail = known.cause instanceof Error ? known.cause.message : known.message;
      throw new FlipbookError(
        'ModelIntegrity',
        `${this.manifest.files[index]?.path} is not a graph that this app can run (${detail}). ` +
          'Export the package again.',
        { cause: error },
      );
    }
  }

  #options(index: number): InferenceSession.SessionOptions {
    const { mainMemoryFiles = 0, hiddenStates = [] } = this.manifest;
    const where = index < mainMemoryFiles ? 'cpu' : this.placement.where;
    const options: InferenceSession.SessionOptions = {
      executionProviders: this.runtime.providers(where),
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
    };
    if (where === 'cpu' || this.runtime.device === undefined) return options;
    if (this.placement.keepTransposes) {
      options.executionProviders = this.runtime.providers(where, 'NCHW');
      options.extra = { optimization: { disable_specified_optimizers: MOVING_TRANSPOSES } };
    }
    const inGpu = outputsInGpu(this.runtime, this.manifest, this.placement);
    // Outputs that are not named go to main memory.
    options.preferredOutputLocation = Object.fromEntries(
      [...inGpu, ...hiddenStates].map((output) => [output, 'gpu-buffer'] as const),
    );
    return options;
  }
}

/** Names of a graph's outputs that runs leave in GPU buffers. */
export function outputsInGpu(
  { device }: OrtRuntime,
  { outputs }: GraphManifest,
  { where, gpuOutputs }: GraphPlacement,
): string[] {
  if (where === 'cpu' || device === undefined || !gpuOutputs) return [];
  return outputs.filter(gpuOutputs);
}
