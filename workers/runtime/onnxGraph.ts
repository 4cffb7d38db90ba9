/** One graph of the package: its sessions, checked against the manifest, run one at a time. */
import type { InferenceSession } from 'onnxruntime-common';
import { FlipbookError } from '../../src/shared/errors';
import type { GraphManifest } from '../../src/shared/manifest';
import type { Feeds, OrtRuntime, Results } from './ortRuntime';
import { runtimeError } from './runtimeError';

export interface GraphPlacement {
  /** 'cpu' keeps a graph off the GPU. */
  where: 'accelerator' | 'cpu';
  /** Outputs that stay in GPU buffers when the graph runs on WebGPU; the caller disposes them. */
  gpuOutputs?: (name: string) => boolean;
}

/** A graph of one or more shards. Tensors that one shard makes for a later one stay inside. */
export class OnnxGraph {
  private constructor(
    readonly name: string,
    readonly runtime: OrtRuntime,
    private readonly sessions: InferenceSession[],
    /** Names of the inputs that a run must feed. */
    readonly inputs: ReadonlySet<string>,
    private readonly outputs: ReadonlySet<string>,
  ) {}

  /** @throws FlipbookError ModelIntegrity when a file is no graph or names other tensors. */
  static async create(
    name: string,
    runtime: OrtRuntime,
    manifest: GraphManifest,
    files: readonly Uint8Array[],
    placement: GraphPlacement,
  ): Promise<OnnxGraph> {
    const sessions: InferenceSession[] = [];
    try {
      for (const [index, bytes] of files.entries()) {
        const path = manifest.files[index]?.path ?? name;
        const inMainMemory = index < (manifest.mainMemoryFiles ?? 0);
        const place: GraphPlacement = inMainMemory ? { where: 'cpu' } : placement;
        sessions.push(await createSession(runtime, path, bytes, place, manifest));
      }
      checkNames(name, manifest, sessions);
    } catch (error) {
      await releaseAll(sessions);
      throw error;
    }
    return new OnnxGraph(
      name,
      runtime,
      sessions,
      new Set(manifest.inputs),
      new Set(manifest.outputs),
    );
  }

  /** Runs all shards; the result holds the manifest's outputs. */
  run(feeds: Feeds): Promise<Results> {
    return this.runtime.exclusive(async () => {
      const [only] = this.sessions;
      if (this.sessions.length === 1 && only) return only.run(feeds);
      return this.#runShards(feeds);
    });
  }

  async #runShards(feeds: Feeds): Promise<Results> {
    const known: Results = { ...feeds };
    const made: Results = {};
    for (const session of this.sessions) {
      const wanted = session.inputNames.map((input) => [input, known[input]!] as const);
      const results = await session.run(Object.fromEntries(wanted));
      Object.assign(known, results);
      Object.assign(made, results);
    }
    for (const [output, tensor] of Object.entries(made)) {
      if (this.outputs.has(output)) continue;
      tensor.dispose();
      delete made[output];
    }
    return made;
  }

  async release(): Promise<void> {
    await this.runtime.exclusive(() => releaseAll(this.sessions)).catch(() => undefined);
  }
}

async function createSession(
  runtime: OrtRuntime,
  path: string,
  bytes: Uint8Array,
  placement: GraphPlacement,
  manifest: GraphManifest,
): Promise<InferenceSession> {
  const onGpu = placement.where === 'accelerator' && runtime.device !== undefined;
  const options: InferenceSession.SessionOptions = {
    executionProviders: runtime.providers(placement.where),
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  };
  if (onGpu) {
    const { outputs, hiddenStates = [] } = manifest;
    const inGpu = outputs.filter((output) => placement.gpuOutputs?.(output) ?? false);
    // Outputs that are not named go to main memory.
    options.preferredOutputLocation = Object.fromEntries(
      [...inGpu, ...hiddenStates].map((output) => [output, 'gpu-buffer'] as const),
    );
  }
  try {
    return await runtime.exclusive(() => runtime.ort.InferenceSession.create(bytes, options));
  } catch (error) {
    const known = runtimeError(error);
    if (known.kind !== 'Internal') throw known;
    throw new FlipbookError(
      'ModelIntegrity',
      `${path} is not a graph that this app can run (${detail(known)}). Export the package again.`,
      { cause: error },
    );
  }
}

function detail(error: FlipbookError): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Every tensor that the manifest names must exist, and the graph must need no other. */
function checkNames(name: string, manifest: GraphManifest, sessions: InferenceSession[]): void {
  const inner = new Set(sessions.flatMap((session) => session.outputNames));
  const inputs = new Set(
    sessions.flatMap((session) => session.inputNames).filter((input) => !inner.has(input)),
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

async function releaseAll(sessions: InferenceSession[]): Promise<void> {
  await Promise.all(sessions.splice(0).map((session) => session.release()));
}
