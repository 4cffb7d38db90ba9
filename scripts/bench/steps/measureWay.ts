/** All works of a request, drawn by one way in one runtime. */
import { ROWS_IN_GPU } from '../../../workers/runtime/modelGraphs';
import { OnnxGraph } from '../../../workers/runtime/onnxGraph';
import type { OrtRuntime } from '../../../workers/runtime/ortRuntime';
import { TransformerRunner } from '../../../workers/runtime/transformerRunner';
import type { RunnerBatch } from '../../../workers/runtime/runnerBatch';
import { INTERPOLATION_ORDER, KEYFRAME_ORDER } from '../../../workers/sampling/schedule';
import { drawWork } from './drawWork';
import type { StepRunner } from './drawWork';
import { GrowingRunner } from './growingRunner';
import { graphFile } from './stepTypes';
import type { MeasuredSteps, StepManifest, StepRequest, StepStage, StepWork } from './stepTypes';

/** The first steps of a session fill its arenas. */
const WARM_UP_STEPS = 8;

/** Bytes of one of the files that lie beside the step package. */
export type ReadFile = (name: string) => Promise<Uint8Array>;

/** Measures the works in order; every graph exists only as long as its stage is drawn. */
export async function measureWay(
  runtime: OrtRuntime,
  read: ReadFile,
  { manifest, works, way, steps }: StepRequest,
): Promise<MeasuredSteps[]> {
  const measured = new Map<StepWork, MeasuredSteps>();
  for (const stage of ['keyframes', 'interpolation'] as const) {
    const own = works.filter((work) => work.stage === stage);
    if (own.length === 0) continue;
    const bytes = await read(graphFile(stage, way));
    const open = way === 'app' ? openApp : openPeer;
    const opened = await open(runtime, bytes, stage, manifest);
    try {
      for (const work of own) {
        await drawOnce(opened.runner(work), manifest, work, WARM_UP_STEPS);
        measured.set(work, await drawOnce(opened.runner(work), manifest, work, steps));
      }
    } finally {
      await opened.release();
    }
  }
  return works.map((work) => measured.get(work)!);
}

async function drawOnce(
  runner: StepRunner,
  manifest: StepManifest,
  work: StepWork,
  steps?: number,
): Promise<MeasuredSteps> {
  try {
    return await drawWork(runner, manifest, work, steps);
  } finally {
    runner.dispose();
  }
}

interface OpenedGraph {
  runner(work: StepWork): StepRunner;
  release(): Promise<void>;
}

async function openApp(
  runtime: OrtRuntime,
  bytes: Uint8Array,
  stage: StepStage,
  manifest: StepManifest,
): Promise<OpenedGraph> {
  const entry = manifest.graphs[stage];
  const graph = await OnnxGraph.create(stage, runtime, entry, [bytes], ROWS_IN_GPU);
  return {
    runner: (work) => new TransformerRunner(graph, manifest, batchOf(work, manifest)),
    release: () => graph.release(),
  };
}

async function openPeer(
  runtime: OrtRuntime,
  bytes: Uint8Array,
  _stage: StepStage,
  manifest: StepManifest,
): Promise<OpenedGraph> {
  const { ort } = runtime;
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: runtime.providers('accelerator'),
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  return {
    runner: (work) => new GrowingRunner(ort, session, manifest, batchOf(work, manifest)),
    release: () => session.release(),
  };
}

export function batchOf({ stage, texts }: StepWork, manifest: StepManifest): RunnerBatch {
  const keyFrames = stage === 'keyframes';
  return {
    texts: texts.map((text) => Int32Array.from(text)),
    windows: keyFrames ? manifest.keyframeWindows : manifest.interpolationWindows,
    order: keyFrames ? KEYFRAME_ORDER : INTERPOLATION_ORDER,
    textBoost: 0,
  };
}
