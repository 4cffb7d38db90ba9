/** The first grid row of works on WebGPU, or their first passes: times, and what the device was asked
 *  to do. */
import { chooseDrawer } from '../../../workers/runtime/chooseDrawer';
import { LOGITS_IN_GPU } from '../../../workers/runtime/modelGraphs';
import { OnnxGraph } from '../../../workers/runtime/onnxGraph';
import type { OrtRuntime } from '../../../workers/runtime/ortRuntime';
import { passDrawer } from '../../../workers/runtime/passDrawer';
import type { FrameToDraw, TokenDrawer } from '../../../workers/runtime/tokenDrawer';
import { hiddenCells, NOT_DRAWN } from '../../../workers/sampling/maskedDrawing';
import { TransformerRunner } from '../../../workers/runtime/transformerRunner';
import { framesOf, givenFrames, prefillWork } from './drawWork';
import type { GpuCounts, watchGpu } from './gpuCounters';
import { batchOf } from './measureWay';
import type { ReadFile } from './measureWay';
import { passRunner } from './passRunner';
import { graphFile } from './stepTypes';
import type { StepManifest, StepRequest, StepWork } from './stepTypes';

export interface GpuSteps {
  work: string;
  sequences: number;
  /** Of the graph's session. */
  loadMilliseconds: number;
  /** Text and given frames, shaders compiled. */
  prefillMilliseconds: number;
  /** Shaders compiled in it. */
  firstStepMilliseconds: number;
  /** Of the steps after the first, each with waiting for the device, which the app does not do. */
  stepMilliseconds: number[];
  /** Shaders that load, prefill and first step compiled. */
  pipelines: number;
  /** What the last step but one, within the row, asked of the device. */
  step: GpuCounts;
  /** What all steps of the row read back: its tokens at its end, since the frame is shown. A pass
   *  draws no rows. */
  rowReadBackBytes?: number;
}

type Watch = ReturnType<typeof watchGpu>;

/** One work after the other, each with a session of its own. Needs rows of at least three cells. */
export async function measureGpu(
  runtime: OrtRuntime,
  watch: Watch,
  read: ReadFile,
  { manifest, works }: StepRequest,
): Promise<GpuSteps[]> {
  const measured: GpuSteps[] = [];
  for (const work of works) {
    measured.push(await measureWork(runtime, watch, read, manifest, work));
  }
  return measured;
}

async function measureWork(
  runtime: OrtRuntime,
  watch: Watch,
  read: ReadFile,
  manifest: StepManifest,
  work: StepWork,
): Promise<GpuSteps> {
  watch.take();
  const bytes = await read(graphFile(work.stage, 'app'));
  const entry = manifest.graphs[work.stage];
  const started = performance.now();
  const graph = await OnnxGraph.create(work.stage, runtime, entry, [bytes], LOGITS_IN_GPU);
  const loadMilliseconds = performance.now() - started;
  try {
    const figures = await (work.passes === undefined ? measureRow : measurePasses)(
      runtime,
      watch,
      graph,
      manifest,
      work,
    );
    return { work: work.name, sequences: work.texts.length, loadMilliseconds, ...figures };
  } finally {
    await graph.release();
  }
}

type RunFigures = Omit<GpuSteps, 'work' | 'sequences' | 'loadMilliseconds'>;

async function measureRow(
  runtime: OrtRuntime,
  watch: Watch,
  graph: OnnxGraph,
  manifest: StepManifest,
  work: StepWork,
): Promise<RunFigures> {
  const runner = new TransformerRunner(graph, manifest, batchOf(work, manifest));
  const { guidance, drawn } = work;
  const drawer = chooseDrawer(
    { runner, streams: [...drawn.keys()], guidance, sampling: manifest.sampling },
    { manifest },
  );
  try {
    const given = givenFrames(work);
    const prefillMilliseconds = await prefillWork(runner, work, given);
    const { pipelines } = watch.take();
    const frame = { ...framesOf(work, given)[0]!, shown: true };
    const steps = await drawRow(runtime, watch, drawer, frame, manifest.grid);
    return {
      ...figuresOf(steps, prefillMilliseconds, pipelines),
      rowReadBackBytes: steps.reduce((sum, { counts }) => sum + counts.readBackBytes, 0),
    };
  } finally {
    drawer.dispose();
    runner.dispose();
  }
}

const MEASURED_PASSES = 3;

async function measurePasses(
  runtime: OrtRuntime,
  watch: Watch,
  graph: OnnxGraph,
  manifest: StepManifest,
  work: StepWork,
): Promise<RunFigures> {
  const runner = passRunner(graph, manifest, batchOf(work, manifest), work);
  const { guidance, drawn, passes: count = 1 } = work;
  const rows = drawn[0]!.flat().length;
  const { sampling } = manifest;
  const drawer = passDrawer(runner, { windows: drawn.length, rows, guidance, sampling }, manifest);
  try {
    const prefillMilliseconds = await prefillWork(runner, work, givenFrames(work));
    const { pipelines } = watch.take();
    // All cells are hidden in each of them: the most that a pass draws.
    const tokens = drawn.map(() => new Int32Array(rows).fill(NOT_DRAWN));
    const choice = { passes: count, noise: sampling.choiceNoise ?? 0 };
    const passes: WatchedStep[] = [];
    for (let pass = 0; pass < MEASURED_PASSES; pass++) {
      const hidden = tokens.map((own, window) => hiddenCells(own, pass, window, choice));
      passes.push(await watched(runtime, watch, () => drawer.draw(tokens, hidden)));
    }
    return figuresOf(passes, prefillMilliseconds, pipelines);
  } finally {
    drawer.dispose();
    runner.dispose();
  }
}

interface WatchedStep {
  milliseconds: number;
  counts: GpuCounts;
}

function figuresOf(
  steps: readonly WatchedStep[],
  prefillMilliseconds: number,
  prefillPipelines: number,
): RunFigures {
  const [first = NaN, ...later] = steps.map(({ milliseconds }) => milliseconds);
  return {
    prefillMilliseconds,
    firstStepMilliseconds: first,
    stepMilliseconds: later,
    pipelines: prefillPipelines + steps[0]!.counts.pipelines,
    step: steps.at(-2)!.counts,
  };
}

/** Runs a step and waits for the device. */
async function watched(
  runtime: OrtRuntime,
  watch: Watch,
  step: () => Promise<unknown>,
): Promise<WatchedStep> {
  const started = performance.now();
  await step();
  await runtime.deviceIdle();
  return { milliseconds: performance.now() - started, counts: watch.take() };
}

/** Draws the first row of a frame: times of the steps, and what each asked of the device. */
async function drawRow(
  runtime: OrtRuntime,
  watch: Watch,
  drawer: TokenDrawer,
  frame: FrameToDraw,
  grid: number,
): Promise<WatchedStep[]> {
  const steps: WatchedStep[] = [];
  drawer.begin(frame);
  for (let cell = 0; cell < grid; cell++) {
    steps.push(await watched(runtime, watch, () => drawer.draw(cell)));
  }
  return steps;
}
