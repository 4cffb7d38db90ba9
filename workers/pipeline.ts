/** The worker's API: one loaded model, one job at a time. */
import { FlipbookError } from '../src/shared/errors';
import type { ModelManifest } from '../src/shared/manifest';
import { checkOptions } from '../src/shared/options';
import type { GenerationOptions } from '../src/shared/options';
import type {
  Backend,
  GenerationResult,
  LoadedModel,
  LoadProgress,
  PipelineApi,
  Progress,
  UnknownSpan,
} from '../src/shared/protocol';
import { unknownSpans } from '../src/shared/unknownSpans';
import { generateVideo } from './generateVideo';
import { chooseBackend } from './runtime/backend';
import { createOrtRuntime } from './runtime/loadOrt';
import { messageTurn } from './runtime/messageTurn';
import { readClusterTable } from './runtime/clusterTable';
import { ModelFiles } from './runtime/modelFiles';
import { readShardBytes } from './runtime/graphBytes';
import { createGraphs, releaseGraphs } from './runtime/modelGraphs';
import type { ModelGraphs } from './runtime/modelGraphs';
import type { OrtRuntime } from './runtime/ortRuntime';
import { keyFrameLagOn, passesOn } from './runtime/passesOn';
import { runtimeError } from './runtime/runtimeError';
import { warmUp } from './runtime/warmUp';
import { keyRateFor } from './sampling/rateRule';
import { CACHE_BYTES } from './stages/context';
import { JobMeter } from './stages/jobMeter';

interface LoadedPipeline {
  manifest: ModelManifest;
  graphs: ModelGraphs;
  clusters: Int32Array | undefined;
  runtime: OrtRuntime;
}

export class Pipeline implements PipelineApi {
  #loaded: LoadedPipeline | undefined;
  #job: AbortController | undefined;
  #loading = false;

  /** @param ortFolder absolute URL of onnxruntime-web's loader and binaries. */
  constructor(private readonly ortFolder: string) {}

  async load(
    baseUrl: string,
    backend: Backend | 'auto',
    onProgress: (progress: LoadProgress) => void,
    threads?: number,
  ): Promise<LoadedModel> {
    this.#requireIdle();
    this.#loading = true;
    const started = performance.now();
    try {
      await this.dispose();
      const [files, choice] = await Promise.all([
        ModelFiles.open(baseUrl, onProgress),
        chooseBackend(backend),
      ]);
      const runtime = await createOrtRuntime(choice, this.ortFolder, threads);
      this.#loaded = await makeReady(files, runtime, onProgress);
      const storage = await files.finish();
      const loadMilliseconds = performance.now() - started;
      return { manifest: files.manifest, backend: runtime.info, ...storage, loadMilliseconds };
    } finally {
      this.#loading = false;
    }
  }

  async generate(
    options: GenerationOptions,
    onProgress: (progress: Progress) => void,
  ): Promise<GenerationResult> {
    this.#requireIdle();
    const { manifest, graphs, clusters, runtime } = this.#requireModel();
    const checked = checkOptions(options, manifest);
    const job = new AbortController();
    this.#job = job;
    try {
      const { rounds, candidates } = checked;
      const passes = passesOn(runtime, manifest);
      const shape = { rounds, candidates, cells: manifest.grid ** 2, passes };
      return await generateVideo({
        manifest,
        graphs,
        ...(clusters ? { clusters } : {}),
        options: checked,
        keyRate:
          checked.keyRate === 'auto' ? keyRateFor(checked.prompt, manifest) : checked.keyRate,
        signal: job.signal,
        report: onProgress,
        breathe: messageTurn,
        passes,
        keyFrameLag: checked.parallel ? keyFrameLagOn(runtime, manifest) : 0,
        cacheBytes: CACHE_BYTES,
        meter: new JobMeter(shape, onProgress),
      });
    } catch (error) {
      throw runtimeError(error);
    } finally {
      this.#job = undefined;
    }
  }

  cancel(): void {
    this.#job?.abort(new FlipbookError('Cancelled', 'The clip was cancelled.'));
  }

  unknownSpans(prompt: string): Promise<UnknownSpan[]> {
    return Promise.resolve(unknownSpans(prompt, this.#requireModel().manifest.knownWords));
  }

  async dispose(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    this.cancel();
    if (!loaded) return;
    await releaseGraphs(loaded.graphs);
    loaded.runtime.dispose();
  }

  #requireModel(): LoadedPipeline {
    if (this.#loaded) return this.#loaded;
    throw new FlipbookError('Internal', 'No model is loaded. Reload the page.');
  }

  #requireIdle(): void {
    if (!this.#job && !this.#loading) return;
    const doing = this.#job ? 'A clip is being drawn' : 'A model is being loaded';
    throw new FlipbookError('Internal', `${doing}. Wait for it or cancel it first.`);
  }
}

async function makeReady(
  files: ModelFiles,
  runtime: OrtRuntime,
  onProgress: (progress: LoadProgress) => void,
): Promise<LoadedPipeline> {
  const { manifest } = files;
  let graphs: Partial<ModelGraphs> = {};
  try {
    const clusters = await readClusterTable(manifest, (file) => files.read(file));
    const ready = await createGraphs(manifest, runtime, (graph, index) =>
      readShardBytes(graph, index, (file) => files.read(file)),
    );
    graphs = ready;
    await warmUp(manifest, ready, clusters, onProgress);
    return { manifest, graphs: ready, clusters, runtime };
  } catch (error) {
    await releaseGraphs(graphs);
    runtime.dispose();
    throw runtimeError(error);
  }
}
