/** The first grid row of works on WebGPU, or their first passes: times, and what the device was asked
 *  to do. */
import { chooseDrawer } from '../../../workers/runtime/chooseDrawer';
import { fillInputs } from '../../../workers/runtime/fillInputs';
import { LOGITS_IN_GPU } from '../../../workers/runtime/modelGraphs';
import { OnnxGraph } from '../../../workers/runtime/onnxGraph';
import type { OrtRuntime } from '../../../workers/runtime/ortRuntime';
import { passDrawer } from '../../../workers/runtime/passDrawer';
import type { FrameToDraw } from '../../../workers/runtime/tokenDrawer';
import { hiddenCells, NOT_DRAWN } from '../../../workers/sampling/maskedDrawing';
import { TransformerRunner } from '../../../workers/runtime/transformerRunner';
import { waveDrawer } from '../../../workers/runtime/waveDrawer';
import { WaveRunner } from '../../../workers/runtime/waveRunner';
import { framesOf, givenFrames, prefillWork, sampler } from './drawWork';
import type { GpuCounts, watchGpu } from './gpuCounters';
import type { GpuTimer } from './gpuTimer';
import { GrowingRunner, openPeerSession } from './growingRunner';
import { batchOf } from './measureWay';
import type { ReadFile } from './measureWay';
import { passRunner } from './passRunner';
import { graphFile } from './stepTypes';
import type { StepManifest, StepRequest, StepWay, StepWork } from './stepTypes';

export interface GpuSteps {
  work: string;
  way: StepWay;
  sequences: number;
  /** Of the graph's session. */
  loadMilliseconds: number;
  /** Text and given frames, shaders compiled. */
  prefillMilliseconds: number;
  /** The session of its own that a recording takes; absent where nothing is recorded. */
  recorderMilliseconds?: number;
  /** Shaders compiled in it. */
  firstStepMilliseconds: number;
  /** Of the steps after the first, each with waiting for the device, which the app does not do. */
  stepMilliseconds: number[];
  /** Of the same steps: until the device has been asked for everything; kernels are still to come. */
  askedMilliseconds: number[];
  /** Of the same steps: how long compute passes took on the device; null where it does not tell. */
  gpuMilliseconds: (number | null)[];
  /** Shaders that load, prefill and first step compiled. */
  pipelines: number;
  /** What the last step but one, within the row, asked of the device. */
  step: GpuCounts;
  /** What all steps of the row read back: its tokens at its end, since the frame is shown. A pass
   *  draws no rows. */
  rowReadBackBytes?: number;
  /** Where frames are drawn in parallel: all waves of the work. */
  waves?: number;
  /** Of a window of the work: in so many steps it is drawn cell by cell. */
  cells: number;
}

/** Sees what devices are asked to do, and how long they take for it. */
export interface GpuWatch {
  counts: ReturnType<typeof watchGpu>;
  timer: GpuTimer;
}

/** One work after the other, each with a session of its own. Needs rows of at least three cells; the
 *  peer's way draws no passes. */
export async function measureGpu(
  runtime: OrtRuntime,
  watch: GpuWatch,
  read: ReadFile,
  { manifest, works, way }: StepRequest,
): Promise<GpuSteps[]> {
  const measured: GpuSteps[] = [];
  for (const work of works) {
    watch.counts.take();
    const bytes = await read(graphFile(work.stage, way));
    const measure = MEASURES[way];
    const figures = await measure(runtime, watch, bytes, manifest, work);
    const cells = work.drawn[0]!.flat().length;
    measured.push({ work: work.name, way, sequences: work.texts.length, cells, ...figures });
  }
  return measured;
}

const MEASURES = {
  app: measureApp,
  unrecorded: (runtime, watch, bytes, manifest, work) =>
    measureApp(runtime, watch, bytes, manifest, work, false),
  peer: measurePeer,
} satisfies Record<StepWay, typeof measurePeer>;

type Figures = Omit<GpuSteps, 'work' | 'way' | 'sequences' | 'cells'>;
type RunFigures = Omit<Figures, 'loadMilliseconds'>;

async function measureApp(
  runtime: OrtRuntime,
  watch: GpuWatch,
  bytes: Uint8Array,
  manifest: StepManifest,
  work: StepWork,
  record = true,
): Promise<Figures> {
  const entry = manifest.graphs[work.stage];
  const started = performance.now();
  const graph = await OnnxGraph.create(work.stage, runtime, entry, [bytes], LOGITS_IN_GPU);
  const loadMilliseconds = performance.now() - started;
  try {
    const figures = await measureWork(runtime, watch, graph, manifest, work, record);
    return { loadMilliseconds, ...figures };
  } finally {
    await graph.release();
  }
}

function measureWork(
  runtime: OrtRuntime,
  watch: GpuWatch,
  graph: OnnxGraph,
  manifest: StepManifest,
  work: StepWork,
  record: boolean,
): Promise<RunFigures> {
  if (work.waves) return measureWaves(runtime, watch, graph, manifest, work);
  if (work.passes !== undefined) return measurePasses(runtime, watch, graph, manifest, work);
  return measureRow(runtime, watch, graph, manifest, work, record);
}

async function measureRow(
  runtime: OrtRuntime,
  watch: GpuWatch,
  graph: OnnxGraph,
  manifest: StepManifest,
  work: StepWork,
  record: boolean,
): Promise<RunFigures> {
  const runner = new TransformerRunner(graph, manifest, batchOf(work, manifest));
  const { guidance, drawn } = work;
  const drawer = chooseDrawer(
    { runner, streams: [...drawn.keys()], guidance, sampling: manifest.sampling },
    { manifest },
  );
  try {
    const frame = firstFrame(work);
    const prefill = await prefilled(watch, runner, work);
    const started = performance.now();
    const recorded = record && graph.recordable;
    if (recorded) await runner.record();
    const recorderMilliseconds = performance.now() - started;
    drawer.begin(frame);
    const steps = await drawRow(runtime, watch, manifest.grid, (cell) => drawer.draw(cell));
    return {
      ...figuresOf(steps, prefill),
      ...(recorded ? { recorderMilliseconds } : {}),
      rowReadBackBytes: readBack(steps),
    };
  } finally {
    drawer.dispose();
    runner.dispose();
  }
}

async function measurePeer(
  runtime: OrtRuntime,
  watch: GpuWatch,
  bytes: Uint8Array,
  manifest: StepManifest,
  work: StepWork,
): Promise<Figures> {
  const started = performance.now();
  const session = await openPeerSession(runtime, bytes, manifest);
  const loadMilliseconds = performance.now() - started;
  const runner = new GrowingRunner(runtime.ort, session, manifest, batchOf(work, manifest));
  try {
    const frame = firstFrame(work);
    const prefill = await prefilled(watch, runner, work);
    const sample = sampler(manifest, work);
    const steps = await drawRow(runtime, watch, manifest.grid, async (cell) => {
      fillInputs(runner, frame, cell, { manifest });
      sample(await runner.step(frame.order, cell));
    });
    return {
      loadMilliseconds,
      ...figuresOf(steps, prefill),
      rowReadBackBytes: readBack(steps),
    };
  } finally {
    runner.dispose();
    await session.release();
  }
}

/** The frame that the work begins with, whose tokens the page shows row by row. */
function firstFrame(work: StepWork): FrameToDraw {
  return { ...framesOf(work, givenFrames(work))[0]!, shown: true };
}

const MEASURED_PASSES = 3;

async function measurePasses(
  runtime: OrtRuntime,
  watch: GpuWatch,
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
    const prefill = await prefilled(watch, runner, work);
    // All cells are hidden in each of them: the most that a pass draws.
    const tokens = drawn.map(() => new Int32Array(rows).fill(NOT_DRAWN));
    const choice = { passes: count, noise: sampling.choiceNoise ?? 0 };
    const passes: WatchedStep[] = [];
    for (let pass = 0; pass < MEASURED_PASSES; pass++) {
      const hidden = tokens.map((own, window) => hiddenCells(own, pass, window, choice));
      passes.push(await watched(runtime, watch, () => drawer.draw(tokens, hidden)));
    }
    return figuresOf(passes, prefill);
  } finally {
    drawer.dispose();
    runner.dispose();
  }
}

/** So many waves as a row has cells, from the middle on, where all frames have a cell. */
async function measureWaves(
  runtime: OrtRuntime,
  watch: GpuWatch,
  graph: OnnxGraph,
  manifest: StepManifest,
  work: StepWork,
): Promise<RunFigures> {
  const { guidance, drawn, waves } = work;
  const window = { given: 0, frames: drawn[0]!.length, ...waves };
  const runner = new WaveRunner(graph, manifest, batchOf(work, manifest), window);
  const tokens = drawn.map((frames) => frames.map((frame) => Int32Array.from(frame)));
  const { sampling } = manifest;
  const drawing = { runner, streams: [...drawn.keys()], guidance, sampling, tokens, shown: true };
  const drawer = waveDrawer(drawing, { manifest });
  try {
    const prefill = await prefilled(watch, runner, work);
    const started = performance.now();
    await runner.record();
    const recorderMilliseconds = performance.now() - started;
    const middle = Math.floor((runner.waves.length - manifest.grid) / 2);
    const steps = await drawRow(runtime, watch, manifest.grid, (index) =>
      drawer.draw(runner.waves[middle + index]!),
    );
    return {
      ...figuresOf(steps, prefill),
      ...(graph.recordable ? { recorderMilliseconds } : {}),
      rowReadBackBytes: readBack(steps),
      waves: runner.waves.length,
    };
  } finally {
    drawer.dispose();
    runner.dispose();
  }
}

interface WatchedStep {
  milliseconds: number;
  askedMilliseconds: number;
  gpuMilliseconds: number | null;
  counts: GpuCounts;
}

type Prefilled = Pick<GpuSteps, 'prefillMilliseconds' | 'pipelines'>;

async function prefilled(
  watch: GpuWatch,
  runner: Parameters<typeof prefillWork>[0],
  work: StepWork,
): Promise<Prefilled> {
  const prefillMilliseconds = await prefillWork(runner, work, givenFrames(work));
  await watch.timer.take();
  return { prefillMilliseconds, pipelines: watch.counts.take().pipelines };
}

function figuresOf(steps: readonly WatchedStep[], prefill: Prefilled): RunFigures {
  const [first, ...later] = steps;
  return {
    ...prefill,
    firstStepMilliseconds: first!.milliseconds,
    stepMilliseconds: later.map(({ milliseconds }) => milliseconds),
    askedMilliseconds: later.map(({ askedMilliseconds }) => askedMilliseconds),
    gpuMilliseconds: later.map(({ gpuMilliseconds }) => gpuMilliseconds),
    pipelines: prefill.pipelines + first!.counts.pipelines,
    step: steps.at(-2)!.counts,
  };
}

function readBack(steps: readonly WatchedStep[]): number {
  return steps.reduce((sum, { counts }) => sum + counts.readBackBytes, 0);
}

/** Runs a step and waits for the device. */
async function watched(
  runtime: OrtRuntime,
  { counts, timer }: GpuWatch,
  step: () => Promise<unknown>,
): Promise<WatchedStep> {
  const started = performance.now();
  await step();
  const askedMilliseconds = performance.now() - started;
  await runtime.deviceIdle();
  const milliseconds = performance.now() - started;
  const own = counts.take();
  const gpuMilliseconds = await timer.take();
  counts.take(); // What reading the times asked for.
  return { milliseconds, askedMilliseconds, gpuMilliseconds, counts: own };
}

/** Draws a row of a frame, or as many waves: times of the steps, and what each asked of the device. */
async function drawRow(
  runtime: OrtRuntime,
  watch: GpuWatch,
  grid: number,
  draw: (cell: number) => Promise<unknown>,
): Promise<WatchedStep[]> {
  const steps: WatchedStep[] = [];
  for (let cell = 0; cell < grid; cell++) {
    steps.push(await watched(runtime, watch, () => draw(cell)));
  }
  return steps;
}
