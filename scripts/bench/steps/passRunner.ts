/** What runs the passes of a work. */
import { MaskedKeyFrames } from '../../../workers/runtime/maskedKeyFrames';
import { MaskedRunner } from '../../../workers/runtime/maskedRunner';
import type { OnnxGraph } from '../../../workers/runtime/onnxGraph';
import type { PassRunner } from '../../../workers/runtime/passDrawer';
import type { RunnerBatch } from '../../../workers/runtime/runnerBatch';
import type { StepManifest, StepWork } from './stepTypes';

export interface WorkRunner extends PassRunner {
  /** @param given tokens [cells] of the given frames of each sequence. */
  prefill(given: readonly (readonly Int32Array[])[]): Promise<void>;
  dispose(): void;
}

/** Passes over the wanted frames of windows, or over the key frame behind the given ones. */
export function passRunner(
  graph: OnnxGraph,
  manifest: StepManifest,
  batch: RunnerBatch,
  { stage, drawn }: StepWork,
): WorkRunner {
  if (stage === 'interpolation') return new MaskedRunner(graph, manifest, batch);
  const runner = new MaskedKeyFrames(graph, manifest, batch);
  return {
    runtime: runner.runtime,
    logitsInGpu: runner.logitsInGpu,
    prefill: async (given) => {
      const candidates = given.slice(0, drawn.length);
      const frames = candidates[0]!.map((_, order) => candidates.map((own) => own[order]!));
      await runner.prefill();
      for (const [order, tokens] of frames.entries()) {
        runner.begin(order, frames[order - 1] ?? []);
        await runner.finish(tokens);
      }
      runner.begin(frames.length, frames.at(-1) ?? []);
    },
    predict: (tokens) => runner.predict(tokens),
    predictOnDevice: (tokens, use) => runner.predictOnDevice(tokens, use),
    dispose: () => {
      runner.dispose();
    },
  };
}
