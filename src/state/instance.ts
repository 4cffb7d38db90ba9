/** The one store, worker client, frame memory and player of the page. */
import { PipelineClient } from '../pipelineClient';
import { serviceWorkerControl } from '../serviceWorkerControl';
import { FrameStore } from './frameStore';
import { parseLink } from './link';
import { BROWSER_CLOCK, Player } from './player';
import { randomSeed } from './settings';
import { createAppStore } from './store';
import { markTimings } from './timingMarks';

/** Until a model says otherwise. */
const USUAL_FRAMES_PER_SECOND = 8;

let serviceWorker: Promise<void> | undefined;

const link = parseLink(location.search);

export const frames = new FrameStore();

export const { store, actions } = createAppStore(
  {
    prompt: link.prompt,
    seed: link.seed ?? randomSeed(),
    overrides: link.overrides,
    modelId: link.modelId,
    backend: link.backend,
    linkProblems: link.problems,
    refusal: null,
  },
  {
    client: new PipelineClient(link.threads),
    frames,
    modelUrl: (modelId) => new URL(`models/${modelId}/`, document.baseURI).href,
    showLink: (query) => history.replaceState(null, '', query + location.hash),
    beforeLoad: () => (serviceWorker ??= serviceWorkerControl()),
  },
);

export const reducedMotion = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

export const player = new Player(
  frames,
  BROWSER_CLOCK,
  USUAL_FRAMES_PER_SECOND,
  reducedMotion() ? 'paused' : 'playing',
);

/** Loads the model, and draws at once when the link asks for it. */
export function start(): void {
  markTimings(store);
  keepStoredModels();
  actions.loadModel();
  if (link.run) void actions.generate();
}

/** Asks the browser not to evict the stored model files when the disk fills up; it may refuse. */
function keepStoredModels(): void {
  if (!('storage' in navigator)) return; // Not a secure origin: the model stays in memory.
  navigator.storage.persist().catch(() => false);
}
