/** Makes the graphs of a package and runs each once, so that the first clip does not wait. */
import { drawingGraphs } from '../../src/shared/manifest';
import type {
  DrawingGraph,
  GraphManifest,
  ModelManifest,
  RequiredGraph,
} from '../../src/shared/manifest';
import type { LoadProgress } from '../../src/shared/protocol';
import { maskedRows } from '../sampling/maskedVisibility';
import { GIVEN_FRAMES, INTERPOLATION_ORDER, KEYFRAME_ORDER } from '../sampling/schedule';
import { chooseDrawer, drawsOnDevice } from './chooseDrawer';
import { enlargesTokens, enlargeTokens } from './enlargeTokens';
import { MaskedKeyFrames } from './maskedKeyFrames';
import { MaskedRunner } from './maskedRunner';
import { OnnxGraph } from './onnxGraph';
import type { GraphPlacement } from './onnxGraph';
import type { OrtRuntime } from './ortRuntime';
import { passDrawer } from './passDrawer';
import type { PassRunner } from './passDrawer';
import { passesOn } from './passesOn';
import { TransformerRunner } from './transformerRunner';

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
};

/** Logits are sampled where they are made. */
export const LOGITS_IN_GPU: GraphPlacement = {
  where: 'accelerator',
  gpuOutputs: (name) => name !== 'new_summary',
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

/** First runs compile shaders and fill arenas. */
export async function warmUp(
  manifest: ModelManifest,
  graphs: ModelGraphs,
  clusters: Int32Array | undefined,
  report: (progress: LoadProgress) => void,
): Promise<void> {
  const model = { manifest, clusters };
  const passes = passesOn(graphs.keyframes.runtime, manifest);
  const steps = [
    () =>
      passes.keyframes > 0
        ? warmUpKeyFrames(manifest, graphs.keyframes)
        : warmUpTransformer(model, graphs.keyframes, KEYFRAME_ORDER, 0),
    () =>
      passes.interpolation > 0
        ? warmUpPass(manifest, graphs.interpolation)
        : warmUpTransformer(model, graphs.interpolation, INTERPOLATION_ORDER, GIVEN_FRAMES),
    () => warmUpPixels(manifest, graphs),
  ];
  for (const [done, step] of steps.entries()) {
    report({ kind: 'warmup', done, total: steps.length });
    await step();
  }
  report({ kind: 'warmup', done: steps.length, total: steps.length });
}

async function warmUpPixels(manifest: ModelManifest, graphs: ModelGraphs): Promise<void> {
  const { Tensor } = graphs.decoder.runtime.ort;
  const { grid } = manifest;
  const tokens = new Int32Array(grid * grid);
  const { frames } = await graphs.decoder.run({
    tokens: new Tensor('int32', tokens, [1, grid, grid]),
  });
  if (!frames || !graphs.upscaler) return;
  if (!enlargesTokens(graphs.upscaler)) {
    await graphs.upscaler.run({ frames });
    return;
  }
  const prompt = Int32Array.of(manifest.ids.lineBreak);
  await enlargeTokens(tokens, { prompt, seed: 0 }, graphs.upscaler, manifest);
}

async function warmUpTransformer(
  { manifest, clusters }: { manifest: ModelManifest; clusters: Int32Array | undefined },
  graph: OnnxGraph,
  order: readonly number[],
  givenFrames: number,
): Promise<void> {
  const windows = givenFrames > 0 ? manifest.interpolationWindows : manifest.keyframeWindows;
  const texts = [Int32Array.of(manifest.ids.lineBreak)];
  const runner = new TransformerRunner(graph, manifest, { texts, windows, order, textBoost: 0 });
  const { sampling } = manifest;
  const drawer = chooseDrawer(
    { runner, streams: [0], guidance: 1, sampling },
    { manifest, clusters },
  );
  try {
    const tokens = new Int32Array(manifest.grid * manifest.grid);
    await runner.prefill([Array.from({ length: givenFrames }, () => tokens)]);
    const frame = { order: givenFrames, firstIndex: 0, tokens: [tokens], hintFrames: [[]] };
    drawer.begin({ ...frame, shown: false });
    await drawer.draw(0);
    await graph.runtime.deviceIdle();
  } finally {
    drawer.dispose();
    runner.dispose();
  }
}

async function warmUpPass(manifest: ModelManifest, graph: OnnxGraph): Promise<void> {
  const runner = new MaskedRunner(graph, manifest, {
    texts: [Int32Array.of(manifest.ids.lineBreak)],
    windows: manifest.interpolationWindows,
    order: INTERPOLATION_ORDER,
    textBoost: 0,
  });
  try {
    const cells = manifest.grid * manifest.grid;
    const tokens = new Int32Array(cells);
    await runner.prefill([Array.from({ length: GIVEN_FRAMES }, () => tokens)]);
    await warmUpDrawer(runner, maskedRows(cells), manifest);
    await graph.runtime.deviceIdle();
  } finally {
    runner.dispose();
  }
}

/** A pass of each of the first two frames: the first has no cells before it. */
async function warmUpKeyFrames(manifest: ModelManifest, graph: OnnxGraph): Promise<void> {
  const runner = new MaskedKeyFrames(graph, manifest, {
    texts: [Int32Array.of(manifest.ids.lineBreak)],
    windows: manifest.keyframeWindows,
    order: KEYFRAME_ORDER,
    textBoost: 0,
  });
  try {
    const cells = manifest.grid * manifest.grid;
    const tokens = [new Int32Array(cells)];
    await runner.prefill();
    runner.begin(0, []);
    await warmUpDrawer(runner, cells, manifest);
    await runner.finish(tokens);
    runner.begin(1, tokens);
    await warmUpDrawer(runner, cells, manifest);
    await graph.runtime.deviceIdle();
  } finally {
    runner.dispose();
  }
}

/** A pass over one window, of whose cells the first is drawn.
 *  @param rows of the window. */
async function warmUpDrawer(
  runner: PassRunner,
  rows: number,
  manifest: ModelManifest,
): Promise<void> {
  const drawing = { windows: 1, rows, guidance: 1, sampling: manifest.sampling };
  const drawer = passDrawer(runner, drawing, manifest);
  try {
    await drawer.draw([new Int32Array(rows)], [[{ cell: 0, u: 0 }]]);
  } finally {
    drawer.dispose();
  }
}
