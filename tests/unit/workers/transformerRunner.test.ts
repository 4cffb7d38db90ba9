/** What the runner feeds as the first id of every frame, to a graph that computes nothing. */
import { Tensor } from 'onnxruntime-common';
import { expect, it, vi } from 'vitest';
import { OnnxGraph } from '../../../workers/runtime/onnxGraph';
import type { Feeds, OrtRuntime, Results } from '../../../workers/runtime/ortRuntime';
import { TransformerRunner } from '../../../workers/runtime/transformerRunner';
import type { RunnerManifest } from '../../../workers/runtime/runnerBatch';
import { INTERPOLATION_ORDER, KEYFRAME_ORDER } from '../../../workers/sampling/schedule';
import { fillInputs } from '../../../workers/runtime/fillInputs';

const CELLS = 4;
const [PAD, BOI, NULL] = [90, 91, 92];

const manifest: RunnerManifest = {
  grid: 2,
  textLength: 3,
  ids: { textOffset: 64, pad: PAD, unknown: 65, lineBreak: 66, beginOfImage: BOI, nullHint: NULL },
  architecture: {
    layers: 1,
    hidden: 2,
    heads: 1,
    headDim: 2,
    previousFrameHint: true,
    copyGate: false,
    norm: 'rms',
    sandwich: false,
  },
};

/** Remembers the ids [sequences][rows] of every run. */
function silentGraph(): { graph: OnnxGraph; runs: number[][][] } {
  const runs: number[][][] = [];
  const run = ({ ids }: Feeds): Promise<Results> => {
    const [sequences = 0, rows = 0] = ids!.dims;
    const fed = Array.from(ids!.data as Int32Array);
    runs.push(Array.from({ length: sequences }, (_, s) => fed.slice(s * rows, (s + 1) * rows)));
    const row = new Tensor('float32', new Float32Array(sequences * rows * 2), [
      sequences,
      1,
      rows,
      2,
    ]);
    const names = ['spatial_key', 'spatial_value', 'temporal_key', 'temporal_value'];
    const caches = names.map((name) => [`new_${name}_0`, row] as const);
    const logits = new Tensor('float32', new Float32Array(sequences), [sequences, 1]);
    return Promise.resolve({ ...Object.fromEntries(caches), logits });
  };
  const runtime = { ort: { Tensor } } as unknown as OrtRuntime;
  const graph = Object.create(OnnxGraph.prototype, {
    run: { value: run },
    runtime: { value: runtime },
    inputs: { value: new Set<string>() },
    heap: { value: undefined },
  }) as OnnxGraph;
  return { graph, runs };
}

const TEXTS = [Int32Array.of(70, 71), Int32Array.of(70)];
const OPENING = [
  [100, 101, 102, 103, 104],
  [200, 201, 202, 203, 204],
];

/** Three frames given, the first cells of the two others drawn; the ids of every run. */
async function feed(opening?: number[][], texts = TEXTS): Promise<number[][][]> {
  const { graph, runs } = silentGraph();
  const runner = new TransformerRunner(graph, manifest, {
    texts,
    windows: [],
    order: INTERPOLATION_ORDER,
    textBoost: 0,
    ...(opening ? { opening } : {}),
  });
  const frames = [10, 20, 30].map((first) =>
    Int32Array.from({ length: CELLS }, (_, cell) => first + cell),
  );
  await runner.prefill([frames, frames]);
  for (const order of [3, 4]) {
    for (const cell of [0, 1]) {
      const tokens = [Int32Array.of(40 + order, 0, 0, 0)];
      const frame = { order, firstIndex: 0, tokens, hintFrames: [[]] };
      fillInputs(runner, frame, cell, { manifest });
      await runner.step(order, cell);
    }
  }
  return runs;
}

it('opens frames by slot with the ids of their sequence, given ones and drawn ones', async () => {
  const [given, ...drawn] = await feed(OPENING);
  expect(given).toEqual([
    [70, 71, 100, 10, 11, 12, 102, 20, 21, 22, 104, 30, 31, 32],
    [70, PAD, 200, 10, 11, 12, 202, 20, 21, 22, 204, 30, 31, 32],
  ]);
  // Slots 1 and 3 are drawn; only their first cell reads the id.
  expect(drawn).toEqual([
    [[101], [201]],
    [[43], [43]],
    [[103], [203]],
    [[44], [44]],
  ]);
});

it('opens the given frames of sequences that are run apart with their own ids', async () => {
  // So many rows that the attention of one sequence fills a run.
  const long = new Int32Array(1300).fill(70);
  const runs = await feed(OPENING, [long, long]);
  const given = runs.slice(0, 2).map(([row, ...others]) => {
    expect(others).toEqual([]);
    return [0, CELLS, 2 * CELLS].map((at) => row![long.length + at]);
  });
  expect(given).toEqual([
    [100, 102, 104],
    [200, 202, 204],
  ]);
});

it('draws unrecorded where a recording is refused', async () => {
  const { graph, runs } = silentGraph();
  // There is no device to record on.
  const recordable = Object.create(graph, { recordable: { value: true } }) as OnnxGraph;
  const told = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const batch = { texts: TEXTS, windows: [], order: KEYFRAME_ORDER, textBoost: 0 };
  const runner = new TransformerRunner(recordable, manifest, batch);
  await runner.record();
  await runner.step(0, 0);
  expect(runs).toHaveLength(1);
  expect(told).toHaveBeenCalledOnce();
  told.mockRestore();
});

it('opens every frame with beginOfImage where nothing is told', async () => {
  const [given, ...drawn] = await feed();
  expect(given).toEqual([
    [70, 71, BOI, 10, 11, 12, BOI, 20, 21, 22, BOI, 30, 31, 32],
    [70, PAD, BOI, 10, 11, 12, BOI, 20, 21, 22, BOI, 30, 31, 32],
  ]);
  expect(drawn).toEqual([
    [[BOI], [BOI]],
    [[43], [43]],
    [[BOI], [BOI]],
    [[44], [44]],
  ]);
});
