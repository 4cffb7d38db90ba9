/** Makes the graphs of a package. */
import { drawingGraphs } from '../../src/shared/manifest';
import type {
  DrawingGraph,
  GraphManifest,
  ModelManifest,
  RequiredGraph,
} from '../../src/shared/manifest';
import { drawsOnDevice } from './chooseDrawer';
import { OnnxGraph } from './onnxGraph';
import type { GraphPlacement } from './onnxGraph';
import type { OrtRuntime } from './ortRuntime';

/** Without an upscaler, ranker or storyboard planner where the package has none. */
export type ModelGraphs = Record<RequiredGraph, OnnxGraph> & {
  upscaler?: OnnxGraph;
  ranker?: OnnxGraph;
  storyboard?: OnnxGraph;
};

/** Logits are sampled and the texts' summaries, a few numbers once a clip, are kept in main memory. */
export const ROWS_IN_GPU: GraphPlacement = {
  where: 'accelerator',
  gpuOutputs: (name) => name !== 'logits' && name !== 'new_summary',
  keepTransposes: true,
};

/** Logits are sampled where they are made. */
export const LOGITS_IN_GPU: GraphPlacement = {
  where: 'accelerator',
  gpuOutputs: (name) => name !== 'new_summary',
  keepTransposes: true,
};

const PLACEMENTS: Record<DrawingGraph, GraphPlacement> = {
  // A few integers through many small operators: always faster on the CPU.
  tokenizer: { where: 'cpu' },
  keyframes: ROWS_IN_GPU,
  interpolation: ROWS_IN_GPU,
  decoder: { where: 'accelerator' },
  upscaler: { where: 'accelerator' },
  // One run a clip: compiling their shaders would take longer.
  ranker: { where: 'cpu' },
  storyboard: { where: 'cpu' },
};

function placementOf(
  name: DrawingGraph,
  manifest: ModelManifest,
  graph: GraphManifest,
): GraphPlacement {
  const placement = PLACEMENTS[name];
  const draws = placement === ROWS_IN_GPU && drawsOnDevice(manifest, graph);
  return draws ? LOGITS_IN_GPU : placement;
}

/** The bytes of one of a graph's files; also called during runs where shards take turns. */
export type ReadGraphShard = (graph: GraphManifest, index: number) => Promise<Uint8Array>;

/** Reads and makes all graphs, one after the other, so that one shard's bytes exist at a time. */
export async function createGraphs(
  manifest: ModelManifest,
  runtime: OrtRuntime,
  readShard: ReadGraphShard,
): Promise<ModelGraphs> {
  const graphs: Partial<ModelGraphs> = {};
  try {
    for (const name of stayingFirst(manifest)) {
      const graph = manifest.graphs[name];
      if (!graph) continue;
      const read = (index: number): Promise<Uint8Array> => readShard(graph, index);
      const placement = placementOf(name, manifest, graph);
      graphs[name] = await OnnxGraph.create(name, runtime, graph, read, placement);
    }
    return graphs as ModelGraphs;
  } catch (error) {
    await releaseGraphs(graphs);
    throw error;
  }
}

/** onnxruntime gives the device up with its last session, so graphs whose shards take turns come
 *  when another one holds it. */
function stayingFirst(manifest: ModelManifest): DrawingGraph[] {
  const names = drawingGraphs(manifest);
  const takesTurns = (name: DrawingGraph): boolean =>
    manifest.graphs[name]?.residentShards !== undefined;
  return [...names.filter((name) => !takesTurns(name)), ...names.filter(takesTurns)];
}

export async function releaseGraphs(graphs: Partial<ModelGraphs>): Promise<void> {
  for (const graph of Object.values(graphs)) await graph.release();
}
