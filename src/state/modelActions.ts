import type { LoadedModel, LoadProgress, UnknownSpan } from '../shared/protocol';
import type { ModelState } from './appState';
import { toFailure } from './failure';
import { fitToModel } from './settings';
import type { AppStore, StoreContext } from './store';

export interface ModelActions {
  /** The loaded model; loads it first when it is not there. Rejects when loading fails. */
  ensureModel: () => Promise<LoadedModel>;
  /** The same for buttons: a failure is shown by the state instead of being thrown. */
  loadModel: () => void;
  /** Ends the worker and gives its memory back; the frames stay. */
  freeMemory: () => void;
  /** Words of the prompt that the model never saw; empty when that cannot be said now. */
  findUnknownSpans: (prompt: string) => Promise<UnknownSpan[]>;
}

/** Automatic reloads without a finished load by the user's own wish in between. */
const MAX_AUTOMATIC_RELOADS = 3;

export function createModelActions(store: AppStore, context: StoreContext): ModelActions {
  const { client } = context;
  let loading: Promise<LoadedModel> | null = null;
  let automaticReloads = 0;
  const setModel = (model: ModelState): void => store.setState({ model });

  const showProgress = (progress: LoadProgress): void => {
    const { model } = store.getState();
    if (model.status !== 'loading') return;
    const manifest = progress.kind === 'manifest' ? progress.manifest : undefined;
    setModel({ status: 'loading', progress, manifest: manifest ?? model.manifest });
  };

  const load = async (): Promise<LoadedModel> => {
    setModel({ status: 'loading', progress: { kind: 'manifest' }, manifest: null });
    const { settings } = store.getState();
    try {
      await context.beforeLoad();
      const url = context.modelUrl(settings.modelId);
      const loaded = await client.load(url, settings.backend, showProgress);
      keepFittingOverrides(store, loaded);
      setModel({ status: 'ready', loaded });
      return loaded;
    } catch (error) {
      const failure = toFailure(error);
      // Freed on purpose while it was loading: that is no failure.
      setModel(failure.kind === 'Cancelled' ? { status: 'absent' } : { status: 'failed', failure });
      throw error;
    }
  };

  const ensureModel = (): Promise<LoadedModel> => {
    const { model } = store.getState();
    if (model.status === 'ready') return Promise.resolve(model.loaded);
    loading ??= load().finally(() => {
      loading = null;
    });
    return loading;
  };

  const reload = (): void => {
    ensureModel().catch(() => undefined); // The state shows the failure.
  };

  client.onLoss(() => {
    // While it loads, the load itself fails and the user decides.
    if (store.getState().model.status !== 'ready') return;
    setModel({ status: 'absent' });
    automaticReloads += 1;
    if (automaticReloads <= MAX_AUTOMATIC_RELOADS) reload();
  });

  return {
    ensureModel,
    loadModel: () => {
      automaticReloads = 0;
      reload();
    },
    freeMemory: () => {
      client.terminate();
      setModel({ status: 'absent' });
    },
    findUnknownSpans: async (prompt) => {
      if (store.getState().model.status !== 'ready' || prompt.trim() === '') return [];
      return client.unknownSpans(prompt).catch(() => []); // Only a hint: never worth an error.
    },
  };
}

/** Reports and drops the link's values that this model cannot serve. */
function keepFittingOverrides(store: AppStore, loaded: LoadedModel): void {
  const { settings } = store.getState();
  const { overrides, problems } = fitToModel(settings.overrides, loaded.manifest);
  if (problems.length === 0) return;
  const linkProblems = [...settings.linkProblems, ...problems];
  store.setState({ settings: { ...settings, overrides, linkProblems } });
}
