/** Runs each graph of a package once, so that the first clip does not wait. */
import type { ModelManifest } from '../../src/shared/manifest';
import type { LoadProgress } from '../../src/shared/protocol';
import { maskedRows } from '../sampling/maskedVisibility';
import { GIVEN_FRAMES, INTERPOLATION_ORDER, KEYFRAME_ORDER } from '../sampling/schedule';
import { chooseDrawer } from './chooseDrawer';
import { enlargesTokens, enlargeTokens } from './enlargeTokens';
import { MaskedKeyFrames } from './maskedKeyFrames';
import { MaskedRunner } from './maskedRunner';
import type { ModelGraphs } from './modelGraphs';
import type { OnnxGraph } from './onnxGraph';
import { passDrawer } from './passDrawer';
import type { PassRunner } from './passDrawer';
import { passesOfRound, passesOn } from './passesOn';
import { TransformerRunner } from './transformerRunner';

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
    async () => {
      const graph = graphs.interpolation;
      if (passes.interpolation > 0) await warmUpPass(manifest, graph);
      if (passesOfRound(passes, manifest.maxRounds) > 0) return;
      await warmUpTransformer(model, graph, INTERPOLATION_ORDER, GIVEN_FRAMES);
    },
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
