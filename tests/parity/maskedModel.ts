/** The micro package with masked cells in both stages and a ranker, for the tests of this folder. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SamplingDefaults } from '../../src/shared/manifest';
import type { GenerationOptions } from '../../src/shared/options';
import type { OnnxGraph } from '../../workers/runtime/onnxGraph';
import type { Feeds, Results } from '../../workers/runtime/ortRuntime';
import { packagePasses } from '../../workers/runtime/passesOn';
import type { StagePasses } from '../../workers/runtime/passesOn';
import { drawMaskedCells } from '../maskedPackage';
import { addRanker } from '../rankerPackage';
import { loadNodeModel, MICRO_FOLDER, nodeJob } from './nodePipeline';
import type { NodeJob, NodeModel } from './nodePipeline';

/** Of the package: of each key frame, and of each round. */
export const KEY_FRAME_PASSES = 4;
export const PASSES = 5;
/** Of a frame. */
export const CELLS = 16;

/** Its own copy of the package, which goes with the model. */
export async function loadMaskedModel(): Promise<NodeModel> {
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-masked-'));
  cpSync(MICRO_FOLDER, folder, { recursive: true });
  drawMaskedCells(folder);
  addRanker(folder);
  const model = await loadNodeModel(folder);
  return {
    ...model,
    release: async () => {
      await model.release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The model with another wish of its package. */
export function withSampling(model: NodeModel, sampling: Partial<SamplingDefaults>): NodeModel {
  const { manifest } = model;
  return { ...model, manifest: { ...manifest, sampling: { ...manifest.sampling, ...sampling } } };
}

/** A job as on WebGPU, in the package's passes. */
export function inPasses(
  model: NodeModel,
  options: Partial<GenerationOptions> & { prompt: string },
  passes: StagePasses = packagePasses(model.manifest),
): NodeJob {
  return nodeJob(model, options, undefined, passes);
}

export interface WatchedRun {
  /** The rows whose logits were asked for. */
  rows: number[];
  /** Names of what it made. */
  made: string[];
  results: Results;
}

/** A graph that tells its runs. */
export function watched(graph: OnnxGraph): { graph: OnnxGraph; runs: WatchedRun[] } {
  const runs: WatchedRun[] = [];
  const run = async (feeds: Feeds, wanted?: readonly string[]): Promise<Results> => {
    const results = await graph.run(feeds, wanted);
    const rows = [...(feeds['rows']!.data as Int32Array)];
    runs.push({ rows, made: Object.keys(results), results });
    return results;
  };
  return { graph: Object.create(graph, { run: { value: run } }) as OnnxGraph, runs };
}
