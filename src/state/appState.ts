import type { GenerationOptions } from '../shared/options';
import type { GenerationResult, LoadedModel, LoadProgress, Progress } from '../shared/protocol';
import type { ModelManifest, StoryboardStage } from '../shared/manifest';
import type { Failure } from './failure';
import type { Settings } from './settings';

export type ModelState =
  /** Not in memory: never loaded, or given back. */
  | { status: 'absent' }
  | {
      status: 'loading';
      progress: LoadProgress;
      /** Known early, so that examples and words are there while the weights arrive. */
      manifest: ModelManifest | null;
    }
  | { status: 'ready'; loaded: LoadedModel }
  | { status: 'failed'; failure: Failure };

export type StageProgress = Extract<Progress, { kind: 'stage' }>;
export type CellProgress = Extract<Progress, { kind: 'cells' }>;

/** What the frames in the frame store are: enough to save them when the model is gone. */
export interface ClipFacts {
  options: GenerationOptions;
  modelId: string;
  modelVersion: string;
  /** Playback and export rate. */
  framesPerSecond: number;
  /** The planned stage of the action in each frame, by slot; absent where nothing is planned. */
  storyboard?: readonly (StoryboardStage | undefined)[];
}

export type JobState =
  | { status: 'idle' }
  /** Waits for the model; `previous` still describes the frames. */
  | { status: 'queued'; previous: JobState }
  | {
      status: 'running';
      clip: ClipFacts;
      stage: StageProgress | null;
      cells: CellProgress | null;
      /** Cancel was pressed; the worker has not answered yet. */
      cancelling: boolean;
    }
  | { status: 'complete'; clip: ClipFacts; result: GenerationResult }
  | { status: 'cancelled'; clip: ClipFacts }
  | { status: 'failed'; clip: ClipFacts | null; failure: Failure };

export interface AppState {
  settings: Settings;
  model: ModelState;
  job: JobState;
}

export function isJobActive(job: JobState): boolean {
  return job.status === 'queued' || job.status === 'running';
}

/** The manifest as soon as it is known. */
export function knownManifest(model: ModelState): ModelManifest | null {
  if (model.status === 'ready') return model.loaded.manifest;
  return model.status === 'loading' ? model.manifest : null;
}

/** The clip that the frames belong to; null when none was begun. */
export function clipOf(job: JobState): ClipFacts | null {
  if (job.status === 'queued') return clipOf(job.previous);
  return job.status === 'idle' ? null : job.clip;
}

export type StageName =
  'idle' | 'loading' | StageProgress['stage'] | 'complete' | 'cancelled' | 'failed';

/** One word for what the preview is in the middle of. */
export function stageName({ model, job }: Pick<AppState, 'model' | 'job'>): StageName {
  switch (job.status) {
    case 'running':
      return job.stage?.stage ?? 'tokenize';
    case 'queued':
      return 'loading';
    case 'idle':
      if (model.status === 'failed') return 'failed';
      return model.status === 'loading' ? 'loading' : 'idle';
    case 'complete':
    case 'cancelled':
    case 'failed':
      return job.status;
  }
}
