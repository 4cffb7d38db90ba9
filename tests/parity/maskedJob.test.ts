/** Whole jobs of a package whose both stages draw masked cells in passes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FlipbookError } from '../../src/shared/errors';
import type { SamplingDefaults } from '../../src/shared/manifest';
import type { GenerationOptions } from '../../src/shared/options';
import type { GenerationResult } from '../../src/shared/protocol';
import { hiddenAfter } from '../../workers/sampling/maskedDrawing';
import type { DrawnFrame, FrameTokens } from '../../workers/stages/context';
import { generateKeyframes } from '../../workers/stages/generateKeyframes';
import { keyFrameScores } from '../../workers/stages/rankKeyFrames';
import { tokenizePrompt } from '../../workers/stages/tokenizePrompt';
import { passCandidatesThatFit, passWindowsThatFit } from '../../workers/stages/windowsThatFit';
import * as masked from './maskedModel';
import { CELLS, inPasses, KEY_FRAME_PASSES, PASSES, watched } from './maskedModel';
import { generateVideo, nodeJob } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

const PROMPT = 'A lion drinks water at the lake.';

let model: NodeModel;
beforeAll(async () => {
  model = await masked.loadMaskedModel();
});
afterAll(() => model.release());

const withSampling = (sampling: Partial<SamplingDefaults>): NodeModel =>
  masked.withSampling(model, sampling);

/** What the ranker thinks of the key frames of clips without rounds. */
async function scoresOf(clips: number[][][]): Promise<number[]> {
  const { context } = nodeJob(model, { prompt: PROMPT });
  const text = await tokenizePrompt(PROMPT, context);
  const candidates = clips.map((frames) => frames.map((ids) => Int32Array.from(ids)));
  return [...(await keyFrameScores(text, candidates, context))];
}

describe('a whole job', () => {
  const draw = async (
    options: Partial<GenerationOptions>,
    drawn: NodeModel = model,
    cacheBytes?: number,
  ): Promise<number[][]> => {
    const { context } = inPasses(drawn, { prompt: PROMPT, ...options });
    const limited = cacheBytes === undefined ? context : { ...context, cacheBytes };
    return (await generateVideo(limited)).tokens.map(({ ids }) => [...ids]);
  };

  it('draws every frame, in as many runs as there are passes', async () => {
    const { graph, runs } = watched(model.graphs.interpolation);
    const graphs = { ...model.graphs, interpolation: graph };
    const { context, progress } = inPasses({ ...model, graphs }, { prompt: PROMPT, rounds: 2 });
    const result = await generateVideo(context);
    expect(result.outcome).toBe('complete');
    expect(result.slots).toEqual(Array.from({ length: 17 }, (_, slot) => slot));
    for (const { ids } of result.tokens) {
      expect(ids).toHaveLength(CELLS);
      expect(ids.every((id) => id >= 0 && id < model.manifest.codes)).toBe(true);
    }
    expect(result.timings.interpolationSteps).toBe(2 * PASSES);
    const rows = Array.from({ length: 2 * CELLS }, (_, row) => row);
    const passes = runs.filter(({ rows: asked }) => asked.length > 1);
    const pass = { rows, made: ['logits'] };
    expect(passes).toMatchObject(Array.from({ length: 2 * PASSES }, () => pass));
    expect(runs.filter(({ rows: asked }) => asked.length === 1)).toHaveLength(2);

    const cells = progress.filter((message) => message.kind === 'cells');
    expect(cells.at(-1)).toMatchObject({
      doneCells: 8 * CELLS,
      totalCells: 8 * CELLS,
      jobDoneCells: 17 * CELLS,
      jobTotalCells: 17 * CELLS,
      secondsLeft: 0,
    });
    expect(cells.every(({ secondsLeft }) => secondsLeft >= 0 && secondsLeft < 1e6)).toBe(true);
  });

  it('draws key frames in as many runs as there are passes, and one that finishes each', async () => {
    const { graph, runs } = watched(model.graphs.keyframes);
    const graphs = { ...model.graphs, keyframes: graph };
    const { context, progress } = inPasses({ ...model, graphs }, { prompt: PROMPT, rounds: 0 });
    const result = await generateVideo(context);
    expect(result.timings.keyframeSteps).toBe(5 * KEY_FRAME_PASSES);
    const rows = Array.from({ length: CELLS }, (_, row) => row);
    const passes = Array.from({ length: KEY_FRAME_PASSES }, () => ({ rows, made: ['logits'] }));
    const made = Array.from({ length: model.manifest.architecture.layers }, (_, layer) =>
      ['key', 'value'].map((part) => `new_temporal_${part}_${layer}`),
    ).flat();
    const finish = { rows: [CELLS - 1], made };
    const [prefill, ...drawn] = runs;
    expect(prefill?.rows).toHaveLength(1);
    const finished = Array.from({ length: 4 }, () => [...passes, finish]).flat();
    expect(drawn).toMatchObject([...finished, ...passes]);

    const cells = progress.filter((message) => message.kind === 'cells');
    expect(cells.at(-1)).toMatchObject({ doneCells: 5 * CELLS, jobDoneCells: 5 * CELLS });
    expect(cells.every(({ secondsLeft }) => secondsLeft >= 0 && secondsLeft < 1e6)).toBe(true);
  });

  it('shows a draft of a key frame behind every pass, and each frame when it is finished', async () => {
    const { context } = inPasses(model, { prompt: PROMPT, rounds: 0 });
    const text = await tokenizePrompt(PROMPT, context);
    const drawing = generateKeyframes({ text, storyboard: undefined }, context);
    const shown: DrawnFrame[] = [];
    let frames: FrameTokens | undefined;
    while (!frames) {
      const { done, value } = await drawing.next();
      if (done) frames = value;
      else shown.push(value);
    }
    for (const slot of [0, 1, 2, 3, 4]) {
      const own = shown.filter((frame) => frame.slot === slot);
      const drawn = own.map(({ drawnCells }) => drawnCells);
      const passes = Array.from({ length: KEY_FRAME_PASSES }, (_, pass) => pass);
      const left = passes.map((pass) => hiddenAfter(pass, KEY_FRAME_PASSES, CELLS));
      expect(drawn).toEqual(left.map((hidden) => CELLS - hidden));
      for (const { tokens, greyFrom } of own) {
        expect(greyFrom).toBe(CELLS);
        expect(tokens.every((id) => id >= 0 && id < model.manifest.codes)).toBe(true);
      }
      expect(own.at(-1)?.tokens).toBe(frames.get(slot));
    }
  });

  it('keeps the best of several candidates, whether they fit into memory or take turns', async () => {
    const choosing = withSampling({ candidateChoice: 'clip' });
    const wish = { candidates: 3, rounds: 0 };
    const chosen = await draw(wish, choosing);
    const [best, first] = await scoresOf([chosen, await draw({ rounds: 0 }, choosing)]);
    expect(best).toBeGreaterThanOrEqual(first! - 1e-4);
    expect(passCandidatesThatFit(2, { manifest: model.manifest, cacheBytes: 1 })).toBe(1);
    expect(await draw(wish, choosing, 1)).toEqual(chosen);
  });

  it('lets all candidates go on from what the best one has', async () => {
    const choosing = withSampling({ candidateChoice: 'frame' });
    const { context, progress } = inPasses(choosing, { prompt: PROMPT, candidates: 3, rounds: 0 });
    const { tokens } = await generateVideo(context);
    const final = progress.filter((message) => message.kind === 'frame' && message.drawn === 1);
    // A frame is shown once it is chosen; only the last one is chosen in the end.
    const slots = final.map((message) => (message.kind === 'frame' ? message.slot : -1));
    expect(slots.slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
    expect(slots.slice(5)).toEqual(slots.length === 5 ? [] : [4]);
    expect(tokens).toHaveLength(5);
    expect(await draw({ candidates: 3, rounds: 0 }, choosing)).toEqual(
      tokens.map(({ ids }) => [...ids]),
    );
  });

  it('cancelled between two passes of a key frame keeps the key frames before', async () => {
    const cancelled = new FlipbookError('Cancelled', 'The clip was cancelled.');
    const { graph, runs } = watched(model.graphs.keyframes);
    const graphs = { ...model.graphs, keyframes: graph };
    const { context, abort } = inPasses({ ...model, graphs }, { prompt: PROMPT });
    // A prefill, two frames with their finishing runs, two passes of the third.
    const last = 1 + 2 * (KEY_FRAME_PASSES + 1) + 2;
    const breathe = async (): Promise<void> => {
      await context.breathe();
      if (runs.length === last) abort.abort(cancelled);
    };
    const result = await generateVideo({ ...context, breathe });
    expect(result.outcome).toBe('cancelled');
    expect(result.slots).toEqual([0, 2]);
    expect(runs).toHaveLength(last);
  });

  it('draws the same frames from the same seed, and others from another one', async () => {
    const first = await draw({ seed: 5 });
    expect(await draw({ seed: 5 })).toEqual(first);
    expect(await draw({ seed: 6 })).not.toEqual(first);
  });

  it('hears how many passes there are and how they choose', async () => {
    const first = await draw({});
    expect(await draw({}, withSampling({ interpolationPasses: 1 }))).not.toEqual(first);
    expect(await draw({}, withSampling({ keyFramePasses: 1 }))).not.toEqual(first);
    expect(await draw({}, withSampling({ choiceNoise: 0 }))).not.toEqual(first);
    const many = await draw({}, withSampling({ interpolationPasses: 64 }));
    expect(many).toHaveLength(9);
  });

  it.each([1, 1.5])(
    'split into small batches draws the same clip, guidance %d',
    async (guidance) => {
      const guided = withSampling({ interpolationGuidance: guidance });
      expect(passWindowsThatFit(guidance, { manifest: model.manifest, cacheBytes: 1 })).toBe(1);
      expect(await draw({ rounds: 3 }, guided, 1)).toEqual(await draw({ rounds: 3 }, guided));
    },
  );

  it('draws cell by cell in main memory, other frames', async () => {
    const { context } = nodeJob(model, { prompt: PROMPT });
    const result = await generateVideo(context);
    expect(result.timings).toMatchObject({
      keyframeSteps: 5 * CELLS,
      interpolationSteps: 2 * CELLS,
    });
    const tokens = result.tokens.map(({ ids }) => [...ids]);
    const keyFramesOf = (clip: number[][]) => clip.filter((_, slot) => slot % 2 === 0);
    expect(keyFramesOf(tokens)).not.toEqual(keyFramesOf(await draw({})));
    const passes = { keyframes: 0, interpolation: PASSES, rounds: 1 };
    const { context: between } = inPasses(model, { prompt: PROMPT }, passes);
    const mixed = (await generateVideo(between)).tokens.map(({ ids }) => [...ids]);
    expect(mixed).not.toEqual(tokens);
    expect(keyFramesOf(mixed)).toEqual(keyFramesOf(tokens));
  });

  it('draws the first round alone in passes, as in main memory', async () => {
    const clip = (rounds: number): Promise<GenerationResult> => {
      const passes = { keyframes: 0, interpolation: PASSES, rounds };
      return generateVideo(inPasses(model, { prompt: PROMPT, rounds: 2 }, passes).context);
    };
    const [mixed, whole] = [await clip(1), await clip(2)];
    expect(mixed.timings.interpolationSteps).toBe(PASSES + 2 * CELLS);
    const first = ({ tokens }: GenerationResult) => tokens.filter(({ slot }) => slot % 2 === 0);
    const second = ({ tokens }: GenerationResult) => tokens.filter(({ slot }) => slot % 2 === 1);
    expect(first(mixed)).toEqual(first(whole));
    expect(second(mixed)).not.toEqual(second(whole));
  });

  it('cancelled between two passes keeps the frames that were finished before', async () => {
    const cancelled = new FlipbookError('Cancelled', 'The clip was cancelled.');
    const { graph, runs } = watched(model.graphs.interpolation);
    const graphs = { ...model.graphs, interpolation: graph };
    const { context, abort } = inPasses({ ...model, graphs }, { prompt: PROMPT, rounds: 2 });
    // The first round is a prefill and its passes; then a prefill and two passes of the second.
    const last = 1 + PASSES + 1 + 2;
    const breathe = async (): Promise<void> => {
      await context.breathe();
      if (runs.length === last) abort.abort(cancelled);
    };
    const result = await generateVideo({ ...context, breathe });
    expect(result.outcome).toBe('cancelled');
    expect(result.slots).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16]);
    expect(runs).toHaveLength(last);
    // The model draws on.
    expect(await draw({})).toHaveLength(9);
  });
});

it('a batch of passes holds at most 64 MB of scores and of logits', () => {
  const { architecture, grid, textLength } = model.manifest;
  const cacheBytes = 2 ** 40;
  const rows = 2 * grid * grid;
  const scores = architecture.heads * rows * (textLength + 5 * grid * grid) * 4;
  const fitting = passWindowsThatFit(1, { manifest: model.manifest, cacheBytes });
  expect(fitting * scores).toBeLessThanOrEqual(2 ** 26);
  expect((fitting + 1) * scores).toBeGreaterThan(2 ** 26);
  expect(passWindowsThatFit(2, { manifest: model.manifest, cacheBytes })).toBe(
    Math.floor(fitting / 2),
  );
  const manifest = { ...model.manifest, codes: 1 << 16 };
  const few = passWindowsThatFit(1, { manifest, cacheBytes });
  expect(few).toBe(Math.floor(2 ** 26 / (rows * manifest.codes * 4)));
});

it('a batch of candidates in passes holds as much, and the caches while they grow', () => {
  const { architecture, grid, textLength } = model.manifest;
  const rows = grid * grid;
  const fit = (cacheBytes: number): number =>
    passCandidatesThatFit(1, { manifest: model.manifest, cacheBytes });
  const scores = architecture.heads * rows * (textLength + 5 * rows) * 4;
  expect(fit(2 ** 40)).toBe(Math.floor(2 ** 26 / scores));
  // Text in both channels; four frames and before, three of them, and one that is added.
  const slots = 3 * textLength + 8 * rows;
  const bytes = slots * architecture.layers * 2 * architecture.heads * architecture.headDim * 4;
  expect(fit(3 * bytes)).toBe(3);
  expect(fit(3 * bytes - 1)).toBe(2);
});
