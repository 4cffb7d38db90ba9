/**
 * A converted package from prompt to tokens through the worker's stages, in onnxruntime-web:
 * CogVideo's first frame, guidance with the generic prompt, cluster sampling, interpolation. The
 * fixture and what PyTorch draws with it: training/tests/cogvideo_package_fixture.py.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web/wasm';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { OnnxGraph } from '../../workers/runtime/onnxGraph';
import { OrtRuntime } from '../../workers/runtime/ortRuntime';
import type { Feeds } from '../../workers/runtime/ortRuntime';
import { codeProbabilities } from '../../workers/sampling/clusterSampling';
import { mixGuidance } from '../../workers/sampling/guidance';
import { generateVideo, loadNodeModel, nodeJob } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

interface Golden {
  prompt: string;
  seed: number;
  firstFrameText: number[];
  /** Tokens after the key frames and after every round. */
  clips: number[][][];
  /** Which draws, counted from the first, `probabilities` [draws, codes] belong to. */
  draws: number[];
  probabilities: number[][];
}

const FOLDER = fileURLToPath(new URL('../fixtures/cogvideoPackage', import.meta.url));
const golden = JSON.parse(readFileSync(`${FOLDER}/golden.json`, 'utf8')) as Golden;
/** Logits may differ by 2e-4 through ONNX, and guidance triples that. */
const PROBABILITY_LIMIT = 2e-4;

let model: NodeModel;
beforeAll(async () => {
  ort.env.wasm.numThreads = 1;
  const web = new OrtRuntime(ort, { backend: 'wasm', detail: 'Node' }, 'wasm');
  model = await loadNodeModel(FOLDER, web);
}, 300_000);
afterAll(() => model.release());
afterEach(() => void vi.restoreAllMocks());

function job(rounds: number, { manifest, ...loaded }: NodeModel = model) {
  const { temperature, topK, guidance } = manifest.sampling;
  const wish = { prompt: golden.prompt, seed: golden.seed, temperature, topK, guidance, rounds };
  return nodeJob({ ...loaded, manifest }, wish);
}

async function draw(rounds: number, loaded: NodeModel = model): Promise<number[][]> {
  const { tokens } = await generateVideo(job(rounds, loaded).context);
  return tokens.map(({ ids }) => [...ids]);
}

/** What the graph is fed, run by run. */
function watchFeeds(): Feeds[] {
  const feeds: Feeds[] = [];
  const { keyframes } = model.graphs;
  const run = keyframes.run.bind(keyframes);
  vi.spyOn(keyframes, 'run').mockImplementation((given) => {
    // The caller fills the same tensors again: what was fed is copied.
    const copies = Object.entries(given).map(([name, { data, dims }]) => {
      const copy = (data as Int32Array | Float32Array).slice();
      return [name, { data: copy, dims }] as const;
    });
    feeds.push(Object.fromEntries(copies) as unknown as Feeds);
    return run(given);
  });
  return feeds;
}

/** Collects the logits of every run of one cell; a prefill runs more rows. */
function watchSteps(graph: OnnxGraph, steps: Float32Array[]): void {
  const run = graph.run.bind(graph);
  vi.spyOn(graph, 'run').mockImplementation(async (feeds) => {
    const results = await run(feeds);
    if (feeds['ids']!.dims[1] === 1) steps.push((results['logits']!.data as Float32Array).slice());
    return results;
  });
}

it('draws the tokens of PyTorch after every round', async () => {
  for (const [rounds, expected] of golden.clips.entries()) {
    expect(await draw(rounds)).toEqual(expected);
  }
  expect(new Set(golden.clips[0]!.flat()).size).toBeGreaterThan(20);
}, 600_000);

it('draws from the distributions of PyTorch', async () => {
  const { codes, sampling } = model.manifest;
  const { clusters, firstFrame } = sampling;
  const cells = model.manifest.grid ** 2;
  const { keyframes, interpolation } = model.graphs;
  const steps: Float32Array[] = [];
  watchSteps(keyframes, steps);
  watchSteps(interpolation, steps);
  await draw(1);
  let worst = 0;
  golden.draws.forEach((index, row) => {
    // Rounds draw their windows together: the first draws of the first round share a step.
    const inRound = index - 5 * cells;
    const windows = inRound < 0 ? 1 : 2;
    const logits = steps[inRound < 0 ? index : 5 * cells + Math.floor(inRound / windows)]!;
    const guidance = index < cells || inRound >= 0 ? 1 : sampling.guidance;
    const window = inRound < 0 ? 0 : inRound % windows;
    const mixed = mixGuidance(logits, windows, window, guidance, new Float64Array(codes));
    const { temperature, topK } = index < cells ? firstFrame! : sampling;
    const { innerTemperature } = clusters!;
    const settings = { clusters: model.clusters!, temperature, kept: topK, innerTemperature };
    const found = codeProbabilities(mixed, settings);
    const expected = golden.probabilities[row]!;
    expected.forEach((p, code) => (worst = Math.max(worst, Math.abs(found[code]! - p))));
  });
  expect(worst).toBeLessThan(PROBABILITY_LIMIT);
  expect(golden.probabilities.every((row) => row.filter((p) => p > 0).length > 10)).toBe(true);
}, 300_000);

it('draws the first frame by the base channel alone, from the prompt and its suffix', async () => {
  const feeds = watchFeeds();
  await draw(0);
  const cells = model.manifest.grid ** 2;
  const share = (feed: Feeds): number[] => [...(feed['temporal_share']!.data as Float32Array)];
  const ids = (feed: Feeds): number[] => [...(feed['ids']!.data as Int32Array)];
  // Text, one run for each cell, then both branches anew with the frame given.
  const first = feeds.slice(0, 1 + cells);
  expect(first.map(share)).toEqual(first.map(() => [0]));
  expect(ids(first[0]!)).toEqual(golden.firstFrameText);
  const boost = model.manifest.sampling.firstFrame!.textBoost;
  expect((first[1]!['spatial_bias']!.data as Float32Array)[0]).toBeCloseTo(boost, 6);
  const rest = feeds.slice(1 + cells);
  expect(rest).toHaveLength(1 + 4 * cells);
  expect(rest.map(share)).toEqual(rest.map(() => [1, 1]));
  const [prefill] = rest;
  const given = [model.manifest.ids.beginOfImage, ...golden.clips[0]![0]!.slice(0, -1)];
  const width = ids(prefill!).length / 2;
  for (const end of [width, 2 * width]) {
    expect(ids(prefill!).slice(end - cells, end)).toEqual(given);
  }
  expect((rest[1]!['spatial_bias']!.data as Float32Array)[0]).toBe(0);
}, 300_000);

it('draws another first frame from another suffix or without clusters', async () => {
  const promptTexts = { ...model.manifest.promptTexts!, firstFrameSuffix: ' 影' };
  const [suffixed] = await draw(0, { ...model, manifest: { ...model.manifest, promptTexts } });
  expect(suffixed).not.toEqual(golden.clips[0]![0]);
  const sampling = { ...model.manifest.sampling };
  delete sampling.clusters;
  const { clusters, ...unclustered } = model;
  expect(clusters).toHaveLength(model.manifest.codes);
  const [plain] = await draw(0, { ...unclustered, manifest: { ...model.manifest, sampling } });
  expect(plain).not.toEqual(golden.clips[0]![0]);
}, 300_000);
