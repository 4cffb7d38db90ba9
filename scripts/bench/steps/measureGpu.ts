/** The first grid row of works on WebGPU: times, and what the device was asked to do. */
import { chooseDrawer } from '../../../workers/runtime/chooseDrawer';
import { LOGITS_IN_GPU } from '../../../workers/runtime/modelGraphs';
import { OnnxGraph } from '../../../workers/runtime/onnxGraph';
import type { OrtRuntime } from '../../../workers/runtime/ortRuntime';
import type { FrameToDraw, TokenDrawer } from '../../../workers/runtime/tokenDrawer';
import { TransformerRunner } from '../../../workers/runtime/transformerRunner';
import { framesOf, givenFrames, prefillWork } from './drawWork';
import type { GpuCounts, watchGpu } from './gpuCounters';
import { batchOf } from './measureWay';
import type { ReadFile } from './measureWay';
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
  /** What all steps of the row read back: its tokens at its end, since the frame is shown. */
  rowReadBackBytes: number;
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
    const [first = NaN, ...later] = steps.map(({ milliseconds }) => milliseconds);
    return {
      work: work.name,
      sequences: work.texts.length,
      loadMilliseconds,
      prefillMilliseconds,
      firstStepMilliseconds: first,
      stepMilliseconds: later,
      pipelines: pipelines + steps[0]!.counts.pipelines,
      step: steps.at(-2)!.counts,
      rowReadBackBytes: steps.reduce((sum, { counts }) => sum + counts.readBackBytes, 0),
    };
  } finally {
    drawer.dispose();
    runner.dispose();
    await graph.release();
  }
}

/** Draws the first row of a frame: times of the steps, and what each asked of the device. */
async function drawRow(
  runtime: OrtRuntime,
  watch: Watch,
  drawer: TokenDrawer,
  frame: FrameToDraw,
  grid: number,
): Promise<{ milliseconds: number; counts: GpuCounts }[]> {
  const steps: { milliseconds: number; counts: GpuCounts }[] = [];
  drawer.begin(frame);
  for (let cell = 0; cell < grid; cell++) {
    const started = performance.now();
    await drawer.draw(cell);
    await runtime.deviceIdle();
    steps.push({ milliseconds: performance.now() - started, counts: watch.take() });
  }
  return steps;
}
