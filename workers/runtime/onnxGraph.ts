/** One graph of the package: its sessions, checked against the manifest, run one at a time. */
import type { InferenceSession } from 'onnxruntime-common';
import { FlipbookError } from '../../src/shared/errors';
import type { GraphManifest } from '../../src/shared/manifest';
import type { Feeds, OrtRuntime, Results } from './ortRuntime';
import { ownResults } from './ownResults';
import { outputsInGpu, ShardSessions } from './shardSessions';
import type { GraphPlacement, ReadShard, ShardNames } from './shardSessions';
import type { WasmHeap } from './wasmHeap';

export type { GraphPlacement, ReadShard } from './shardSessions';

/** A graph of one or more shards. Tensors that one shard makes for a later one stay inside. */
export class OnnxGraph {
  private constructor(
    readonly name: string,
    readonly runtime: OrtRuntime,
    private readonly shards: ShardSessions,
    /** Names of the inputs that a run must feed. */
    readonly inputs: ReadonlySet<string>,
    private readonly outputs: ReadonlySet<string>,
    /** Names of the outputs that runs leave in GPU buffers. */
    readonly inGpu: ReadonlySet<string>,
    /** Whether runs can be recorded on the device and played back. */
    readonly recordable: boolean,
  ) {}

  /**
   * @param files the bytes of each file, or what reads them: needed again in later runs where
   *   the manifest lets shards take turns.
   * @throws FlipbookError ModelIntegrity when a file is no graph or names other tensors.
   */
  static async create(
    name: string,
    runtime: OrtRuntime,
    manifest: GraphManifest,
    files: readonly Uint8Array[] | ReadShard,
    placement: GraphPlacement,
  ): Promise<OnnxGraph> {
    const read: ReadShard =
      typeof files === 'function' ? files : (index) => Promise.resolve(files[index]!);
    const shards = await ShardSessions.open(runtime, manifest, read, placement);
    try {
      checkNames(name, manifest, shards.names);
    } catch (error) {
      await shards.release();
      throw error;
    }
    const { inputs, outputs } = manifest;
    const inGpu = new Set(outputsInGpu(runtime, manifest, placement));
    const recordable = manifest.graphCapture === true && inGpu.has('logits');
    const names = [new Set(inputs), new Set(outputs)] as const;
    return new OnnxGraph(name, runtime, shards, ...names, inGpu, recordable);
  }

  /** Memory that runs read without a copy; none on a GPU, or of a graph in shards, which may have to
   *  take turns in it. */
  get heap(): WasmHeap | undefined {
    return this.shards.names.length === 1 ? this.runtime.heap : undefined;
  }

  /** A session of its own for a recorded run; the caller releases it. Only where `recordable`. */
  recordingSession(): Promise<InferenceSession> {
    return this.runtime.exclusive(() => this.shards.recordingSession());
  }

  /** Runs all shards; the result holds the manifest's outputs, or those of them that are `wanted`, until
   *  the next run where feeds lie in the `heap`. */
  run(feeds: Feeds, wanted?: readonly string[]): Promise<Results> {
    return this.runtime.exclusive(async () => {
      if (this.shards.names.length > 1) {
        return this.#runShards(feeds, wanted ? new Set(wanted) : this.outputs);
      }
      const session = await this.shards.session(0);
      if (this.heap?.holdsSome(feeds)) {
        return this.heap.run(session, feeds, wanted ?? session.outputNames);
      }
      return wanted ? session.run(feeds, wanted) : session.run(feeds);
    });
  }

  async #runShards(feeds: Feeds, wanted: ReadonlySet<string>): Promise<Results> {
    const known: Results = { ...feeds };
    const made: Results = {};
    try {
      for (const [index, { inputs }] of this.shards.names.entries()) {
        const session = await this.shards.session(index);
        const wanted = inputs.map((input) => [input, known[input]!] as const);
        const found = await session.run(Object.fromEntries(wanted));
        const results = this.shards.takesTurns(index) ? ownResults(this.runtime, found) : found;
        Object.assign(known, results);
        Object.assign(made, results);
      }
    } catch (error) {
      dispose(made, () => true);
      throw error;
    }
    dispose(made, (output) => !wanted.has(output));
    return made;
  }

  async release(): Promise<void> {
    await this.runtime.exclusive(() => this.shards.release()).catch(() => undefined);
  }
}

/** Frees and forgets the tensors whose names `isDone` accepts. */
function dispose(tensors: Results, isDone: (name: string) => boolean): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (!isDone(name)) continue;
    tensor.dispose();
    delete tensors[name];
  }
}

/** Every tensor that the manifest names must exist, and the graph must need no other. */
function checkNames(name: string, manifest: GraphManifest, shards: readonly ShardNames[]): void {
  const inner = new Set(shards.flatMap((shard) => shard.outputs));
  const inputs = new Set(
    shards.flatMap((shard) => shard.inputs).filter((input) => !inner.has(input)),
  );
  const problems = [
    ...manifest.inputs.filter((input) => !inputs.has(input)).map((input) => `no input ${input}`),
    ...[...inputs]
      .filter((input) => !manifest.inputs.includes(input))
      .map((input) => `an input ${input} that the manifest does not name`),
    ...manifest.outputs
      .filter((output) => !inner.has(output))
      .map((output) => `no output ${output}`),
  ];
  if (problems.length === 0) return;
  throw new FlipbookError(
    'ModelIntegrity',
    `The graph ${name} has ${problems.slice(0, 3).join(', ')}. Export the package again.`,
  );
}
