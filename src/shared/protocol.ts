/**
 * Everything that crosses between the page and the pipeline worker. The worker exposes
 * `PipelineApi` by comlink; `Progress` messages arrive through a proxied callback.
 */
import type { ModelManifest } from './manifest';
import type { GenerationOptions } from './options';

export const BACKENDS = ['webgpu', 'wasm'] as const;
export type Backend = (typeof BACKENDS)[number];

/** What really runs, for display. */
export interface BackendInfo {
  backend: Backend;
  /** WebGPU: adapter name; WASM: "N threads". */
  detail: string;
  /** Why the other backend is not used, when it is worth saying. */
  note?: string;
}

export const STAGES = ['tokenize', 'keyframes', 'interpolate', 'decode'] as const;
export type Stage = (typeof STAGES)[number];

/** Model files on their way in. */
export type LoadProgress =
  /** The manifest is named once it is known, before the weights arrive. */
  | { kind: 'manifest'; manifest?: ModelManifest }
  | {
      kind: 'file';
      source: 'network' | 'cache';
      /** Bytes so far and in all, over all files of the package. */
      loadedBytes: number;
      totalBytes: number;
    }
  | { kind: 'warmup'; done: number; total: number };

export interface LoadedModel {
  manifest: ModelManifest;
  backend: BackendInfo;
  /** 'opfs' when the files are kept for next time, 'memory' when storage refused (see note). */
  storedIn: 'opfs' | 'memory';
  storageNote?: string;
  loadMilliseconds: number;
}

/** One frame of the clip. `slot` counts at the finest rate of the job: with R rounds the clip has
 *  4 * 2^R + 1 slots and key frame i sits at slot i * 2^R. */
export interface FrameMessage {
  slot: number;
  /** 0 = key frame, r = drawn in interpolation round r. */
  round: number;
  /** Share of the frame's cells already drawn, 0..1; 1 = final. */
  drawn: number;
  width: number;
  height: number;
  /** RGBA, width * height * 4 bytes, transferred. */
  pixels: Uint8ClampedArray;
}

export type Progress =
  | { kind: 'stage'; stage: Stage; round: number; totalRounds: number; framesInClip: number }
  | {
      kind: 'cells';
      stage: 'keyframes' | 'interpolate';
      round: number;
      doneCells: number;
      totalCells: number;
      /** Cells of the whole job, all rounds, for one overall bar. */
      jobDoneCells: number;
      jobTotalCells: number;
      tokensPerSecond: number;
      /** Estimated seconds to the end of the job. */
      secondsLeft: number;
    }
  /** What the clip is to show: the id that opens each frame, by slot. */
  | { kind: 'storyboard'; opening: readonly number[] }
  | ({ kind: 'frame' } & FrameMessage);

/** Where the time of one stage went, in milliseconds. */
export interface StageTiming {
  stage: 'tokenize' | 'keyframes' | 'interpolate';
  /** 0, or the interpolation round. */
  round: number;
  /** The whole stage; beside the parts below: given frames and texts, previews, ranking, waiting. */
  milliseconds: number;
  steps: number;
  /** All decode steps. */
  stepMilliseconds: number;
  /** All finished frames: from tokens to pixels, and enlarging. */
  decodeMilliseconds: number;
  upscaleMilliseconds: number;
}

/** Milliseconds from the start of the job. */
export interface JobTimings {
  /** Every stage that was begun, in order. */
  stages: StageTiming[];
  tokenize: number;
  /** The first cells are on the screen; 0 when no frame was shown before it was finished. */
  firstRow: number;
  firstKeyFrame: number;
  keyFrames: number;
  /** One entry per finished round. */
  rounds: number[];
  total: number;
  /** Decode steps run and their median, per stage; passes where masked cells are drawn. */
  keyframeSteps: number;
  keyframeStepMilliseconds: number;
  interpolationSteps: number;
  interpolationStepMilliseconds: number;
  /** One finished frame, medians: from tokens to pixels, and enlarging (0 without an upscaler). */
  decodeMilliseconds: number;
  upscaleMilliseconds: number;
}

export interface GenerationResult {
  outcome: 'complete' | 'cancelled';
  /** Final frames present, as slots, ascending. */
  slots: number[];
  timings: JobTimings;
  /** Key frame rate that was used, frames per second. */
  keyRate: number;
  /** Token ids per finished slot (length grid^2), for tests and re-decoding. */
  tokens: { slot: number; ids: Int32Array }[];
}

/** A span of the prompt (UTF-16 offsets) that the model does not know. */
export interface UnknownSpan {
  start: number;
  end: number;
  text: string;
  /** Learned words that may have been meant, the nearest first; often none. */
  near: string[];
}

/** The worker's API. Every method rejects with a FlipbookError kind in `name`. */
export interface PipelineApi {
  /** Fetches, checks, stores and warms up a package; replaces a loaded one.
   *  @param baseUrl absolute URL of the package's folder, ending in a slash.
   *  @param threads WASM threads, for measurements; by default as many as the machine offers, at
   *    most 4. Fixed by the first load of a worker; only 1 without cross-origin isolation. */
  load(
    baseUrl: string,
    backend: Backend | 'auto',
    onProgress: (progress: LoadProgress) => void,
    threads?: number,
  ): Promise<LoadedModel>;
  /** Draws one clip. One job at a time. */
  generate(
    options: GenerationOptions,
    onProgress: (progress: Progress) => void,
  ): Promise<GenerationResult>;
  /** Cancels the running job within one decoding step; `generate` then resolves 'cancelled'. */
  cancel(): void;
  /** Spans of the prompt outside the model's vocabulary. */
  unknownSpans(prompt: string): Promise<UnknownSpan[]>;
  /** Frees sessions and caches. */
  dispose(): Promise<void>;
}
