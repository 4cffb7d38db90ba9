/**
 * The state of the page and the actions that change it. Facts only: what can be computed from
 * them is computed where it is shown. Each union stays under one key, since zustand merges shallowly.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { PipelineClient } from '../pipelineClient';
import type { AppState } from './appState';
import type { FrameStore } from './frameStore';
import { createJobActions, type JobActions } from './jobActions';
import { createModelActions, type ModelActions } from './modelActions';
import type { Overrides, Settings } from './settings';

export interface SettingsActions {
  setPrompt: (prompt: string) => void;
  setSeed: (seed: number) => void;
  /** Undefined goes back to the model's default. */
  override: <Name extends keyof Overrides>(name: Name, value: Overrides[Name] | undefined) => void;
  resetOverrides: () => void;
  dismissLinkProblems: () => void;
}

export type AppActions = SettingsActions & ModelActions & JobActions;
export type AppStore = StoreApi<AppState>;

/** What the store needs of the world outside. */
export interface StoreContext {
  client: Pick<PipelineClient, 'load' | 'generate' | 'cancel' | 'unknownSpans' | 'terminate'> & {
    onLoss: PipelineClient['onLoss'];
  };
  frames: FrameStore;
  /** Absolute URL of a model package's folder, with a slash at its end. */
  modelUrl(modelId: string): string;
  /** Shows the link of the clip that begins, without a new entry in the history. */
  showLink(query: string): void;
  /** Awaited before the first load: what must be in place before the worker fetches files. */
  beforeLoad(): Promise<void>;
}

function createSettingsActions(store: AppStore): SettingsActions {
  const change = (part: Partial<Settings>): void => {
    store.setState(({ settings }) => ({ settings: { ...settings, ...part } }));
  };
  return {
    setPrompt: (prompt) => change({ prompt, refusal: null }),
    setSeed: (seed) => change({ seed }),
    override: (name, value) => {
      const overrides: Overrides = { ...store.getState().settings.overrides };
      if (value === undefined) delete overrides[name];
      else overrides[name] = value;
      change({ overrides });
    },
    resetOverrides: () => change({ overrides: {} }),
    dismissLinkProblems: () => change({ linkProblems: [] }),
  };
}

export function createAppStore(
  settings: Settings,
  context: StoreContext,
): { store: AppStore; actions: AppActions } {
  const store: AppStore = createStore<AppState>(() => ({
    settings,
    model: { status: 'absent' },
    job: { status: 'idle' },
  }));
  const modelActions = createModelActions(store, context);
  const jobActions = createJobActions(store, context, modelActions);
  return { store, actions: { ...createSettingsActions(store), ...modelActions, ...jobActions } };
}
