/** All works of a request, drawn by one way in one runtime. */
import { ROWS_IN_GPU } from '../../../workers/runtime/modelGraphs';
import { OnnxGraph } from '../../../workers/runtime/onnxGraph';
import type { OrtRuntime } from '../../../workers/runtime/ortRuntime';
import { TransformerRunner } from '../../../workers/runtime/transformerRunner';
import type { RunnerBatch } from '../../../workers/runtime/runnerBatch';
import { INTERPOLATION_ORDER, KEYFRAME_ORDER } from '../../../workers/sampling/schedule';
import { drawPasses } from './drawPasses';
import { drawWork } from './drawWork';
import { GrowingRunner, openPeerSession } from './growingRunner';
import { passRunner } from './passRunner';
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
        await opened.draw(work, WARM_UP_STEPS);
        measured.set(work, await opened.draw(work, steps));
      }
    } finally {
      await opened.release();
    }
  }
  return works.map((work) => measured.get(work)!);
}

/** Draws with a runner that lives no longer. */
async function drawOnce<Runner extends { dispose(): void }>(
  runner: Runner,
  draw: (runner: Runner) => Promise<MeasuredSteps>,
): Promise<MeasuredSteps> {
  try {
    return await draw(runner);
  } finally {
    runner.dispose();
  }
}

interface OpenedGraph {
  draw(work: StepWork, steps?: number): Promise<MeasuredSteps>;
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
    draw: (work, steps) => {
      const batch = batchOf(work, manifest);
      return work.passes === undefined
        ? drawOnce(new TransformerRunner(graph, manifest, batch), (runner) =>
            drawWork(runner, manifest, work, steps),
          )
        : drawOnce(passRunner(graph, manifest, batch, work), (runner) =>
            drawPasses(runner, manifest, work, steps),
          );
    },
    release: () => graph.release(),
  };
}

async function openPeer(
  runtime: OrtRuntime,
  bytes: Uint8Array,
  _stage: StepStage,
  manifest: StepManifest,
): Promise<OpenedGraph> {
  const session = await openPeerSession(runtime, bytes, manifest);
  return {
    draw: (work, steps) =>
      drawOnce(
        new GrowingRunner(runtime.ort, session, manifest, batchOf(work, manifest)),
        (runner) => drawWork(runner, manifest, work, steps),
      ),
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
