/** Frames between as masked cells: the rounds of Python, and whole jobs of a package that draws so. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FlipbookError } from '../../src/shared/errors';
import type { GenerationOptions } from '../../src/shared/options';
import type { SamplingDefaults } from '../../src/shared/manifest';
import type { OnnxGraph } from '../../workers/runtime/onnxGraph';
import type { Feeds } from '../../workers/runtime/ortRuntime';
import { INTERPOLATION_ORDER, roundWindows } from '../../workers/sampling/schedule';
import { streamKey } from '../../workers/sampling/randomStream';
import { interpolateCellByCell } from '../../workers/stages/interpolateFrames';
import { interpolateInPasses } from '../../workers/stages/interpolateInPasses';
import type { WindowBatch } from '../../workers/stages/windowBatch';
import { passWindowsThatFit } from '../../workers/stages/windowsThatFit';
import { drawMaskedCells } from '../maskedPackage';
import { generateVideo, loadNodeModel, MICRO_FOLDER, nodeJob } from './nodePipeline';
import type { NodeJob, NodeModel } from './nodePipeline';

interface GoldenRound {
  name: string;
  seed: number;
  round: number;
  guidance: number;
  guidanceFloor: number;
  temperature: number;
  topK: number;
  /** 0: cell by cell. */
  passes: number;
  text: number[];
  empty: number[];
  /** Ids that open the frames of each window [windows][5]. */
  opening: number[][];
  /** Tokens before the round, in frame order. */
  frames: number[][];
  /** And behind it. */
  tokens: number[][];
}

const PROMPT = 'A lion drinks water at the lake.';
const CELLS = 16;
const PASSES = 5;

const FIXTURE = new URL('../fixtures/masked/golden.json', import.meta.url);
const { rounds } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as { rounds: GoldenRound[] };

const folder = mkdtempSync(join(tmpdir(), 'flipbook-masked-'));
let model: NodeModel;
beforeAll(async () => {
  cpSync(MICRO_FOLDER, folder, { recursive: true });
  drawMaskedCells(folder);
  model = await loadNodeModel(folder);
});
afterAll(async () => {
  await model.release();
  rmSync(folder, { recursive: true, force: true });
});

/** The model with another wish of its package. */
function withSampling(sampling: Partial<SamplingDefaults>): NodeModel {
  const { manifest } = model;
  return { ...model, manifest: { ...manifest, sampling: { ...manifest.sampling, ...sampling } } };
}

/** A job as on WebGPU, in the package's passes. */
function inPasses(
  drawn: NodeModel,
  options: Partial<GenerationOptions> & { prompt: string },
  passes = drawn.manifest.sampling.interpolationPasses,
): NodeJob {
  return nodeJob(drawn, options, undefined, passes);
}

/** The windows of a golden round as one batch. */
function goldenBatch(golden: GoldenRound): WindowBatch {
  const { guidance, round, seed, opening, frames } = golden;
  const texts = (guidance === 1 ? [golden.text] : [golden.text, golden.empty]).map((text) =>
    Int32Array.from(text),
  );
  const windows = roundWindows(round, round);
  const { beginOfImage } = model.manifest.ids;
  const untold = opening.map((ids) => ids.map(() => beginOfImage));
  return {
    round,
    windows,
    streams: windows.map((_, window) => streamKey(seed, round, window)),
    guidance,
    given: windows.map((_, window) =>
      [0, 1, 2].map((frame) => Int32Array.from(frames[2 * window + frame]!)),
    ),
    branches: texts.length,
    sequences: {
      texts: texts.flatMap((text) => windows.map(() => text)),
      windows: model.manifest.interpolationWindows,
      order: INTERPOLATION_ORDER,
      opening: [...opening, ...(guidance === 1 ? [] : untold)],
      textBoost: 0,
    },
  };
}

describe('the rounds of Python', () => {
  it.each(rounds)('are drawn token for token: $name', async (golden) => {
    const { guidanceFloor, temperature, topK, passes } = golden;
    const { context } = inPasses(withSampling({ guidanceFloor }), { prompt: PROMPT }, passes);
    const options = { ...context.options, temperature, topK };
    const drawn: number[][] = golden.frames.flatMap((frame) => [frame, []]).slice(0, -1);
    const draw = passes > 0 ? interpolateInPasses : interpolateCellByCell;
    const drawing = draw(goldenBatch(golden), { ...context, options });
    for await (const { slot, tokens, round } of drawing) {
      expect(round).toBe(golden.round);
      drawn[slot] = [...tokens];
    }
    expect(drawn).toEqual(golden.tokens);
  });

  it('are there with and without guidance, in passes and cell by cell', () => {
    expect(new Set(rounds.map(({ guidance }) => guidance)).size).toBe(2);
    expect(new Set(rounds.map(({ passes }) => passes))).toEqual(new Set([PASSES, 0]));
  });
});

/** What the runs of the interpolation graph were asked for, and what they answered. */
function watched(graph: OnnxGraph): {
  graph: OnnxGraph;
  runs: { rows: number[]; made: string[] }[];
} {
  const runs: { rows: number[]; made: string[] }[] = [];
  const run = async (feeds: Feeds, wanted?: readonly string[]) => {
    const results = await graph.run(feeds, wanted);
    runs.push({ rows: [...(feeds['rows']!.data as Int32Array)], made: Object.keys(results) });
    return results;
  };
  return { graph: Object.create(graph, { run: { value: run } }) as OnnxGraph, runs };
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
    expect(passes).toEqual(Array.from({ length: 2 * PASSES }, () => ({ rows, made: ['logits'] })));
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

  it('draws the same frames from the same seed, and others from another one', async () => {
    const first = await draw({ seed: 5 });
    expect(await draw({ seed: 5 })).toEqual(first);
    expect(await draw({ seed: 6 })).not.toEqual(first);
  });

  it('hears how many passes there are and how they choose', async () => {
    const first = await draw({});
    expect(await draw({}, withSampling({ interpolationPasses: 1 }))).not.toEqual(first);
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
    expect(result.timings.interpolationSteps).toBe(2 * CELLS);
    const tokens = result.tokens.map(({ ids }) => [...ids]);
    expect(tokens).not.toEqual(await draw({}));
    expect(tokens.filter((_, slot) => slot % 2 === 0)).toEqual(
      (await draw({})).filter((_, slot) => slot % 2 === 0),
    );
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
