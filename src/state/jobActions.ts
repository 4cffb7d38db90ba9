import { errorKind } from '../shared/errors';
import { checkOptions, checkPrompt } from '../shared/options';
import type { Progress } from '../shared/protocol';
import { clipOf, isJobActive, knownManifest, type ClipFacts, type JobState } from './appState';
import { toFailure } from './failure';
import type { FrameStore } from './frameStore';
import { formatLink } from './link';
import type { ModelActions } from './modelActions';
import { effectiveOptions } from './settings';
import { slotCount } from './slots';
import { namedStages } from './storyboard';
import type { AppStore, StoreContext } from './store';

export interface JobActions {
  /** Draws the clip of the current settings; waits for the model where needed. Never rejects. */
  generate: () => Promise<void>;
  cancel: () => void;
}

/** Errors after which the worker must not be used again. */
const POISONED = ['DeviceLost', 'OutOfMemory'] as const;

/** Longest wait for frames on their way after the job's end. */
const ARRIVAL_MILLISECONDS = 3000;

export function createJobActions(
  store: AppStore,
  context: StoreContext,
  { ensureModel, freeMemory, loadModel }: ModelActions,
): JobActions {
  const { client, frames } = context;
  /** Counts jobs, so that a late message or answer of an earlier one is known as such. */
  let current = 0;
  const setJob = (job: JobState): void => store.setState({ job });

  const refuse = (error: unknown): void => {
    const { settings } = store.getState();
    store.setState({ settings: { ...settings, refusal: toFailure(error) } });
  };

  const refused = (): boolean => {
    try {
      checkPrompt(store.getState().settings.prompt);
      return false;
    } catch (error) {
      refuse(error);
      return true;
    }
  };

  const showProgress = (job: number, progress: Progress): void => {
    if (job !== current) return;
    if (progress.kind !== 'frame') reportProgress(store, progress);
    else if (progress.drawn === 1 || store.getState().job.status === 'running')
      frames.put(progress);
  };

  const recover = (error: unknown): void => {
    const kind = errorKind(error);
    if (!POISONED.some((poisoned) => poisoned === kind)) return;
    freeMemory();
    loadModel();
  };

  const draw = async (job: number): Promise<void> => {
    const { manifest } = await ensureModel();
    if (job !== current) return;
    const { settings } = store.getState();
    const options = checkOptions(effectiveOptions(settings, manifest), manifest);
    const clip: ClipFacts = {
      options,
      modelId: manifest.id,
      modelVersion: manifest.version,
      framesPerSecond: manifest.playbackFramesPerSecond,
    };
    context.showLink(formatLink(options, settings.modelId, settings.backend));
    frames.reset(slotCount(manifest.windowFrames, options.rounds));
    setJob({ status: 'running', clip, stage: null, cells: null, cancelling: false });
    const result = await client.generate(options, (progress) => showProgress(job, progress));
    await arrival(frames, result.slots);
    if (job !== current) return;
    const shown = clipOf(store.getState().job) ?? clip; // by now with its storyboard
    if (result.outcome === 'complete') setJob({ status: 'complete', clip: shown, result });
    else setJob({ status: 'cancelled', clip: shown });
  };

  return {
    generate: async () => {
      const previous = store.getState().job;
      if (isJobActive(previous) || refused()) return;
      current += 1;
      const job = current;
      setJob({ status: 'queued', previous });
      try {
        await draw(job);
      } catch (error) {
        if (job !== current) return;
        const { job: state } = store.getState();
        if (state.status === 'queued' && errorKind(error) === 'InvalidPrompt') {
          // Nothing was begun: the earlier clip stays, and the prompt is pointed out.
          setJob(state.previous);
          refuse(error);
          return;
        }
        setJob(endedJob(state, error));
        recover(error);
      } finally {
        if (job === current) frames.dropDrafts();
      }
    },
    cancel: () => {
      const { job } = store.getState();
      if (job.status === 'queued') {
        current += 1;
        setJob(job.previous);
      } else if (job.status === 'running' && !job.cancelling) {
        setJob({ ...job, cancelling: true });
        client.cancel();
      }
    },
  };
}

/**
 * Waits for the final frames of a result. They travel by a channel of their own, so the last ones
 * may arrive after the result; a frame that never does is not waited for long.
 */
async function arrival(frames: FrameStore, slots: readonly number[]): Promise<void> {
  const complete = (): boolean => slots.every((slot) => frames.final(slot));
  if (complete()) return;
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const timer = setTimeout(settle, ARRIVAL_MILLISECONDS);
    const unsubscribe = frames.subscribe(() => {
      if (complete()) settle();
    });
  });
}

function reportProgress(store: AppStore, progress: Exclude<Progress, { kind: 'frame' }>): void {
  const { job, model } = store.getState();
  if (job.status !== 'running') return;
  if (progress.kind === 'stage') store.setState({ job: { ...job, stage: progress } });
  else if (progress.kind === 'cells') store.setState({ job: { ...job, cells: progress } });
  else {
    const storyboard = namedStages(progress.opening, knownManifest(model));
    store.setState({ job: { ...job, clip: { ...job.clip, storyboard } } });
  }
}

/** The end of a job that threw; one that was cancelled by force is cancelled, not failed. */
function endedJob(job: JobState, error: unknown): JobState {
  const clip = clipOf(job);
  const failure = toFailure(error);
  if (failure.kind !== 'Cancelled') return { status: 'failed', clip, failure };
  if (job.status === 'queued') return job.previous;
  return clip ? { status: 'cancelled', clip } : { status: 'idle' };
}
