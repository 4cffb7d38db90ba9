/** The first steps of works on WebGPU: times, and what the device was asked to do. */
import { ROWS_IN_GPU } from '../../../workers/runtime/modelGraphs';
import { OnnxGraph } from '../../../workers/runtime/onnxGraph';
import type { OrtRuntime } from '../../../workers/runtime/ortRuntime';
import { TransformerRunner } from '../../../workers/runtime/transformerRunner';
import { drawWork } from './drawWork';
import type { StepRunner } from './drawWork';
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
  /** Of the steps after the first, each. */
  stepMilliseconds: number[];
  /** Shaders that load, prefill and first step compiled. */
  pipelines: number;
  /** What the last step asked of the device. */
  step: GpuCounts;
}

type Watch = ReturnType<typeof watchGpu>;

/** One work after the other, each with a session of its own. Needs at least two steps. */
export async function measureGpu(
  runtime: OrtRuntime,
  watch: Watch,
  read: ReadFile,
  { manifest, works, steps = 2 }: StepRequest,
): Promise<GpuSteps[]> {
  const measured: GpuSteps[] = [];
  for (const work of works) {
    measured.push(await measureWork(runtime, watch, read, manifest, work, Math.max(2, steps)));
  }
  return measured;
}

async function measureWork(
  runtime: OrtRuntime,
  watch: Watch,
  read: ReadFile,
  manifest: StepManifest,
  work: StepWork,
  steps: number,
): Promise<GpuSteps> {
  watch.take();
  const bytes = await read(graphFile(work.stage, 'app'));
  const entry = manifest.graphs[work.stage];
  const started = performance.now();
  const graph = await OnnxGraph.create(work.stage, runtime, entry, [bytes], ROWS_IN_GPU);
  const loadMilliseconds = performance.now() - started;
  try {
    const runner = new WatchedRunner(
      new TransformerRunner(graph, manifest, batchOf(work, manifest)),
      watch,
    );
    try {
      const drawn = await drawWork(runner, manifest, work, steps);
      const [first = NaN, ...later] = drawn.stepMilliseconds;
      return {
        work: work.name,
        sequences: work.texts.length,
        loadMilliseconds,
        prefillMilliseconds: drawn.prefillMilliseconds,
        firstStepMilliseconds: first,
        stepMilliseconds: later,
        pipelines: runner.begun.pipelines,
        step: runner.last,
      };
    } finally {
      runner.dispose();
    }
  } finally {
    await graph.release();
  }
}

/** Notes what the device was asked until the first step was over, and in the last step. */
class WatchedRunner implements StepRunner {
  begun!: GpuCounts;
  last!: GpuCounts;
  #first = true;

  constructor(
    private readonly runner: StepRunner,
    private readonly watch: Watch,
  ) {}

  get ids(): Int32Array {
    return this.runner.ids;
  }

  get hints(): Int32Array {
    return this.runner.hints;
  }

  openingId(sequence: number, order: number): number {
    return this.runner.openingId(sequence, order);
  }

  prefill(given: readonly (readonly Int32Array[])[]): Promise<void> {
    return this.runner.prefill(given);
  }

  async step(order: number, cell: number): Promise<Float32Array> {
    if (!this.#first) this.watch.take();
    const logits = await this.runner.step(order, cell);
    this.last = this.watch.take();
    if (this.#first) this.begun = this.last;
    this.#first = false;
    return logits;
  }

  dispose(): void {
    this.runner.dispose();
  }
}
