/** The real stages in Node: packages from disk, graphs on onnxruntime-node's CPU provider. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { checkOptions } from '../../src/shared/options';
import type { GenerationOptions } from '../../src/shared/options';
import { parseManifest } from '../../src/shared/parseManifest';
import type { Progress } from '../../src/shared/protocol';
import { generateVideo } from '../../workers/generateVideo';
import type { Enlarging } from '../../workers/runtime/enlargeTokens';
import { readClusterTable } from '../../workers/runtime/clusterTable';
import { readShardBytes } from '../../workers/runtime/graphBytes';
import { createGraphs, releaseGraphs } from '../../workers/runtime/modelGraphs';
import type { ModelGraphs } from '../../workers/runtime/modelGraphs';
import { OrtRuntime } from '../../workers/runtime/ortRuntime';
import { CELL_BY_CELL } from '../../workers/runtime/passesOn';
import { keyRateFor } from '../../workers/sampling/rateRule';
import { CACHE_BYTES } from '../../workers/stages/context';
import type { PipelineContext } from '../../workers/stages/context';
import { JobMeter } from '../../workers/stages/jobMeter';
import type { ModelManifest } from '../../src/shared/manifest';

export interface NodeModel {
  manifest: ModelManifest;
  graphs: ModelGraphs;
  clusters?: Int32Array;
  release(): Promise<void>;
}

export const MICRO_FOLDER = fileURLToPath(new URL('../fixtures/models/micro', import.meta.url));

/** onnxruntime-node's, which is faster than the browser's. */
function nodeRuntime(): OrtRuntime {
  return new OrtRuntime(ort, { backend: 'wasm', detail: 'Node' }, 'cpu');
}

/** Loads a package folder as the worker would, without the network. */
export async function loadNodeModel(
  folder: string = MICRO_FOLDER,
  runtime: OrtRuntime = nodeRuntime(),
): Promise<NodeModel> {
  const manifest = parseManifest(JSON.parse(await readFile(`${folder}/manifest.json`, 'utf8')));
  const graphs = await createGraphs(manifest, runtime, (graph, index) =>
    readShardBytes(graph, index, ({ path }) => readFile(`${folder}/${path}`)),
  );
  const clusters = await readClusterTable(manifest, ({ path }) => readFile(`${folder}/${path}`));
  return {
    manifest,
    graphs,
    ...(clusters ? { clusters } : {}),
    release: () => releaseGraphs(graphs),
  };
}

export interface NodeJob {
  context: PipelineContext;
  progress: Progress[];
  abort: AbortController;
}

/** A job's context as the worker makes it; `progress` collects what would go to the page, `passes`
 *  says in how many each stage draws, `keyFrameLag` whether key frames come in parallel. */
export function nodeJob(
  { manifest, graphs, clusters }: Omit<NodeModel, 'release'>,
  options: Partial<GenerationOptions> & { prompt: string },
  onProgress: (progress: Progress, abort: AbortController) => void = () => undefined,
  passes = CELL_BY_CELL,
  keyFrameLag = 0,
): NodeJob {
  const numbers = { seed: 7, guidance: 2, temperature: 0.8, topK: 20, rounds: 1, candidates: 1 };
  const defaults = { ...numbers, keyRate: 'auto' as const, parallel: false };
  const checked = checkOptions({ ...defaults, ...options }, manifest);
  const progress: Progress[] = [];
  const abort = new AbortController();
  const report = (message: Progress): void => {
    progress.push(message);
    onProgress(message, abort);
  };
  const context: PipelineContext = {
    manifest,
    graphs,
    ...(clusters ? { clusters } : {}),
    options: checked,
    keyRate: checked.keyRate === 'auto' ? keyRateFor(checked.prompt, manifest) : checked.keyRate,
    signal: abort.signal,
    report,
    passes,
    keyFrameLag,
    cacheBytes: CACHE_BYTES,
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    meter: new JobMeter(
      {
        rounds: checked.rounds,
        candidates: checked.candidates,
        cells: manifest.grid ** 2,
        passes,
      },
      report,
    ),
  };
  return { context, progress, abort };
}

/** For packages whose upscaler, if any, enlarges pixels. */
export const NO_ENLARGING: Enlarging = { prompt: new Int32Array(0), seed: 0 };

export { generateVideo };
