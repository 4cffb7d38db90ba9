import { describe, expect, it } from 'vitest';
import { FlipbookError } from '../../src/shared/errors';
import type { ModelManifest } from '../../src/shared/manifest';
import type { GenerationResult, LoadedModel, Progress } from '../../src/shared/protocol';
import { stageName } from '../../src/state/appState';
import { FrameStore } from '../../src/state/frameStore';
import type { Settings } from '../../src/state/settings';
import { createAppStore, type StoreContext } from '../../src/state/store';

const MANIFEST = {
  storyboard: { stages: [{ id: 71, en: 'leaps', zh: '跃起' }] },
  id: 'test',
  version: '1',
  windowFrames: 5,
  maxRounds: 3,
  playbackFramesPerSecond: 8,
  rates: [{ framesPerSecond: 1, durationText: '4.0秒' }],
  sampling: { temperature: 0.8, topK: 20, guidance: 2, interpolationGuidance: 1, textBoost: 0 },
  knownWords: { en: ['drinks', 'fox', 'lion'], zh: [] },
  graphs: {},
  examples: [],
} as unknown as ModelManifest;

const LOADED: LoadedModel = {
  manifest: MANIFEST,
  backend: { backend: 'wasm', detail: '1 thread' },
  storedIn: 'memory',
  loadMilliseconds: 1,
};

/** A promise that the test settles. */
function deferred<Value>() {
  let resolve!: (value: Value) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** The worker's process, played by the test: it answers when told to. */
class ScriptedClient {
  loads: ReturnType<typeof deferred<LoadedModel>>[] = [];
  jobs: (ReturnType<typeof deferred<GenerationResult>> & {
    report: (progress: Progress) => void;
  })[] = [];
  cancels = 0;
  terminations = 0;
  #lossListener: (reason: FlipbookError) => void = () => undefined;

  load = (): Promise<LoadedModel> => {
    const load = deferred<LoadedModel>();
    this.loads.push(load);
    return load.promise;
  };
  generate = (_: unknown, report: (progress: Progress) => void): Promise<GenerationResult> => {
    const job = { ...deferred<GenerationResult>(), report };
    this.jobs.push(job);
    return job.promise;
  };
  cancel = (): void => void (this.cancels += 1);
  terminate = (): void => void (this.terminations += 1);
  unknownSpans = () => Promise.resolve([]);
  onLoss = (listener: (reason: FlipbookError) => void) => {
    this.#lossListener = listener;
    return () => undefined;
  };
  crash(): void {
    const reason = new FlipbookError('WorkerCrashed', 'Gone.');
    this.#lossListener(reason);
    this.jobs.at(-1)?.reject(reason);
  }
}

const SETTINGS: Settings = {
  prompt: 'a lion drinks',
  seed: 7,
  overrides: {},
  modelId: 'test',
  backend: 'auto',
  linkProblems: [],
  refusal: null,
};

function setUp(settings: Partial<Settings> = {}) {
  const client = new ScriptedClient();
  const frames = new FrameStore();
  const links: string[] = [];
  const context: StoreContext = {
    client,
    frames,
    modelUrl: (id) => `http://localhost/models/${id}/`,
    showLink: (query) => void links.push(query),
    beforeLoad: () => Promise.resolve(),
  };
  const { store, actions } = createAppStore({ ...SETTINGS, ...settings }, context);
  return { client, frames, links, store, actions };
}

/** Lets all settled promises run their continuations. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

async function setUpReady(settings: Partial<Settings> = {}) {
  const scene = setUp(settings);
  scene.actions.loadModel();
  await settle();
  scene.client.loads[0]?.resolve(LOADED);
  await settle();
  return scene;
}

function frame(slot: number, drawn = 1): Progress {
  const pixels = new Uint8ClampedArray(4);
  return { kind: 'frame', slot, round: 0, drawn, width: 1, height: 1, pixels };
}

const RESULT: GenerationResult = {
  outcome: 'complete',
  slots: [0],
  timings: {} as GenerationResult['timings'],
  keyRate: 1,
  tokens: [],
};

describe('generate', () => {
  it('goes from queued over running to complete, with the link and the frames', async () => {
    const { client, store, actions, frames, links } = setUp();
    const done = actions.generate();
    expect(store.getState().job.status).toBe('queued');
    expect(stageName(store.getState())).toBe('loading');
    await settle();
    client.loads[0]?.resolve(LOADED);
    await settle();
    expect(store.getState().job).toMatchObject({ status: 'running', clip: { modelId: 'test' } });
    expect(links).toEqual([
      '?prompt=a+lion+drinks&seed=7&guidance=2&temperature=0.8&topk=20&rounds=3&candidates=1&rate=auto&parallel=0&model=test',
    ]);
    expect(frames.slotCount).toBe(33);
    client.jobs[0]?.report({
      kind: 'stage',
      stage: 'keyframes',
      round: 0,
      totalRounds: 3,
      framesInClip: 5,
    });
    expect(stageName(store.getState())).toBe('keyframes');
    client.jobs[0]?.report({ kind: 'storyboard', opening: [71, 70, 99] });
    client.jobs[0]?.report(frame(0));
    client.jobs[0]?.resolve(RESULT);
    await done;
    expect(store.getState().job.status).toBe('complete');
    // What the package does not name has no caption; the clip keeps the others.
    const storyboard = [{ id: 71, en: 'leaps', zh: '跃起' }, undefined, undefined];
    expect(store.getState().job).toMatchObject({ clip: { storyboard } });
    expect(frames.finals).toHaveLength(1);
  });

  it('is complete only when the last frames have arrived', async () => {
    const { client, store, actions } = await setUpReady();
    const done = actions.generate();
    await settle();
    client.jobs[0]?.report(frame(0));
    client.jobs[0]?.resolve({ ...RESULT, slots: [0, 8] });
    await settle();
    expect(store.getState().job.status).toBe('running');
    client.jobs[0]?.report(frame(8));
    await done;
    expect(store.getState().job.status).toBe('complete');
  });

  it('runs one job at a time', async () => {
    const { client, actions } = await setUpReady();
    void actions.generate();
    void actions.generate();
    await settle();
    void actions.generate();
    await settle();
    expect(client.jobs).toHaveLength(1);
  });

  it.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['x'.repeat(10_000), 'characters'],
    ['🦁🦁', 'no words'],
    ['an elephant', 'no word of “an elephant”'],
  ])('refuses a prompt and leaves the clip alone', async (prompt, reason) => {
    const { client, store, actions } = await setUpReady({ prompt });
    await actions.generate();
    expect(store.getState().settings.refusal).toMatchObject({ kind: 'InvalidPrompt' });
    expect(store.getState().settings.refusal?.message).toContain(reason);
    expect([client.jobs.length, store.getState().job.status]).toEqual([0, 'idle']);
    actions.setPrompt('a fox');
    expect(store.getState().settings.refusal).toBeNull();
  });

  it('refuses a prompt of unknown words as soon as the model is there, and keeps the clip', async () => {
    const { client, store, actions, frames } = setUp();
    const first = actions.generate();
    await settle();
    client.loads[0]?.resolve(LOADED);
    await settle();
    client.jobs[0]?.report(frame(0));
    client.jobs[0]?.resolve(RESULT);
    await first;
    actions.setPrompt('an elephant');
    await actions.generate();
    expect(store.getState()).toMatchObject({
      job: { status: 'complete', clip: { options: { prompt: 'a lion drinks' } } },
      settings: { refusal: { kind: 'InvalidPrompt' } },
    });
    expect(frames.final(0)).toBeTruthy();
    expect(client.jobs).toHaveLength(1);
  });

  it('fails with the message when the model does not load, and tries again', async () => {
    const { client, store, actions } = setUp();
    const done = actions.generate();
    await settle();
    client.loads[0]?.reject(new FlipbookError('ModelDownload', 'No network.'));
    await done;
    const failure = { kind: 'ModelDownload', message: 'No network.' };
    expect(store.getState()).toMatchObject({
      model: { status: 'failed', failure },
      job: { status: 'failed', failure, clip: null },
    });
    void actions.generate();
    await settle();
    client.loads[1]?.resolve(LOADED);
    await settle();
    expect(store.getState().job.status).toBe('running');
  });
});

describe('cancel', () => {
  it('asks the worker once and keeps what is done', async () => {
    const { client, store, actions, frames } = await setUpReady();
    const done = actions.generate();
    await settle();
    client.jobs[0]?.report(frame(0));
    client.jobs[0]?.report(frame(8, 0.5));
    actions.cancel();
    actions.cancel();
    expect(client.cancels).toBe(1);
    expect(store.getState().job).toMatchObject({ status: 'running', cancelling: true });
    client.jobs[0]?.resolve({ ...RESULT, outcome: 'cancelled' });
    await done;
    expect(store.getState().job.status).toBe('cancelled');
    expect([frames.finals.length, frames.draft]).toEqual([1, null]);
  });

  it('takes a waiting job back without touching the worker', async () => {
    const { client, store, actions } = setUp();
    void actions.generate();
    actions.cancel();
    expect(store.getState().job.status).toBe('idle');
    await settle();
    client.loads[0]?.resolve(LOADED);
    await settle();
    expect([client.jobs.length, client.cancels]).toEqual([0, 0]);
  });
});

describe('a lost worker', () => {
  it('fails the job, keeps its frames, loads the model again and draws again', async () => {
    const { client, store, actions, frames } = await setUpReady();
    const done = actions.generate();
    await settle();
    client.jobs[0]?.report(frame(0));
    client.crash();
    await done;
    expect(store.getState()).toMatchObject({
      model: { status: 'loading' },
      job: { status: 'failed', failure: { kind: 'WorkerCrashed' } },
    });
    expect(frames.finals).toHaveLength(1);
    client.loads[1]?.resolve(LOADED);
    await settle();
    void actions.generate();
    await settle();
    expect(store.getState().job.status).toBe('running');
  });

  it('is not reloaded for ever', async () => {
    const { client, store } = await setUpReady();
    for (let count = 0; count < 10; count += 1) {
      client.crash();
      await settle();
      client.loads.at(-1)?.resolve(LOADED);
      await settle();
    }
    expect(client.loads).toHaveLength(1 + 3);
    expect(store.getState().model.status).toBe('absent');
  });

  it('is replaced after a lost device', async () => {
    const { client, store, actions } = await setUpReady();
    const done = actions.generate();
    await settle();
    client.jobs[0]?.reject(new FlipbookError('DeviceLost', 'The GPU went away.'));
    await done;
    await settle();
    expect([client.terminations, client.loads.length]).toEqual([1, 2]);
    expect(store.getState().job).toMatchObject({ failure: { kind: 'DeviceLost' } });
  });

  it('sends nothing of an earlier job into the next clip', async () => {
    const { client, actions, frames } = await setUpReady();
    const done = actions.generate();
    await settle();
    client.jobs[0]?.resolve({ ...RESULT, slots: [] });
    await done;
    void actions.generate();
    await settle();
    client.jobs[0]?.report(frame(16));
    expect(frames.finals).toHaveLength(0);
  });
});

describe('settings', () => {
  it('reports and drops what the model cannot serve', async () => {
    const { store } = await setUpReady({
      overrides: { rounds: 5, keyRate: 3, topK: 9, candidates: 2, parallel: true },
    });
    const { overrides, linkProblems } = store.getState().settings;
    expect(overrides).toEqual({ topK: 9 });
    expect(linkProblems.map(({ field, value }) => [field, value])).toEqual([
      ['rounds', '5'],
      ['rate', '3'],
      ['candidates', '2'],
      ['parallel', '1'],
    ]);
  });

  it('goes back to the model’s values', () => {
    const { store, actions } = setUp();
    actions.override('guidance', 4);
    actions.override('topK', 5);
    actions.override('guidance', undefined);
    expect(store.getState().settings.overrides).toEqual({ topK: 5 });
    actions.resetOverrides();
    expect(store.getState().settings.overrides).toEqual({});
  });
});
