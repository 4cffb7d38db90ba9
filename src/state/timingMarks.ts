/**
 * Tells measuring tools and scripts what happened, as User Timing marks: each change of the model
 * and each end of a job, with the figures of the worker rather than of a stopwatch outside.
 */
import type { BackendInfo, JobTimings } from '../shared/protocol';
import type { GenerationOptions } from '../shared/options';
import type { JobState, ModelState } from './appState';
import type { Failure } from './failure';
import type { AppStore } from './store';

export const MODEL_MARK = 'flipbook:model';
export const JOB_MARK = 'flipbook:job';
/** Of the measures that show a finished job's stages on the page's own time line. */
export const STAGE_MEASURE = 'flipbook:stage';

export type ModelMark =
  | {
      status: 'ready';
      id: string;
      version: string;
      backend: BackendInfo;
      storedIn: 'opfs' | 'memory';
      loadMilliseconds: number;
    }
  | { status: 'failed'; failure: Failure };

export type JobMark =
  | {
      status: 'complete';
      options: GenerationOptions;
      keyRate: number;
      timings: JobTimings;
      frames: number;
    }
  | { status: 'cancelled' }
  | { status: 'failed'; failure: Failure };

/** Marks from now on; the marks stay with the page. */
export function markTimings(store: AppStore): void {
  store.subscribe((state, previous) => {
    const model = state.model === previous.model ? null : modelMark(state.model);
    if (model) performance.mark(MODEL_MARK, { detail: model });
    const job = state.job === previous.job ? null : jobMark(state.job);
    if (job) performance.mark(JOB_MARK, { detail: job });
    if (job?.status === 'complete') measureStages(job.timings);
  });
}

/**
 * The worker's stages, as they lie before now: a profile of the page alone shows them too. The
 * worker's own time line has them with every frame ("flipbook:keyframes", "flipbook:frame").
 */
function measureStages({ stages, total }: JobTimings): void {
  let start = Math.max(0, performance.now() - total);
  for (const stage of stages) {
    const end = start + stage.milliseconds;
    const name = `${STAGE_MEASURE} ${stage.stage}${stage.round > 0 ? ` ${stage.round}` : ''}`;
    performance.measure(name, { start, end, detail: stage });
    start = end;
  }
}

function modelMark(model: ModelState): ModelMark | null {
  if (model.status === 'failed') return model;
  if (model.status !== 'ready') return null;
  const { manifest, backend, storedIn, loadMilliseconds } = model.loaded;
  const { id, version } = manifest;
  return { status: 'ready', id, version, backend, storedIn, loadMilliseconds };
}

function jobMark(job: JobState): JobMark | null {
  switch (job.status) {
    case 'complete': {
      const { keyRate, timings, slots } = job.result;
      const { options } = job.clip;
      return { status: 'complete', options, keyRate, timings, frames: slots.length };
    }
    case 'cancelled':
      return { status: 'cancelled' };
    case 'failed':
      return { status: 'failed', failure: job.failure };
    default:
      return null;
  }
}
