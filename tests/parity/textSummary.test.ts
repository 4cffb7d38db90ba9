/** A summary of the text that the first run computes draws what one computed in every run draws. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { GraphManifest } from '../../src/shared/manifest';
import { ROWS_IN_GPU } from '../../workers/runtime/modelGraphs';
import { OnnxGraph } from '../../workers/runtime/onnxGraph';
import type { Feeds } from '../../workers/runtime/ortRuntime';
import { TransformerRunner } from '../../workers/runtime/transformerRunner';
import { KEYFRAME_ORDER } from '../../workers/sampling/schedule';
import { generateVideo, loadNodeModel, nodeJob } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

const FOLDER = fileURLToPath(new URL('../fixtures/textSummary', import.meta.url));
const STEPS = 20;

let model: NodeModel;
let everyRun: OnnxGraph;
beforeAll(async () => {
  model = await loadNodeModel();
  const entry = JSON.parse(await readFile(`${FOLDER}/graph.json`, 'utf8')) as GraphManifest;
  const bytes = await readFile(`${FOLDER}/keyframes.onnx`);
  const { runtime } = model.graphs.keyframes;
  everyRun = await OnnxGraph.create('keyframes', runtime, entry, [bytes], ROWS_IN_GPU);
});
afterAll(async () => {
  await everyRun.release();
  await model.release();
});

/** Logits of some steps over texts of different lengths, and the rows of text that each run read. */
async function draw(
  graph: OnnxGraph,
): Promise<{ logits: number[]; textRows: (number | undefined)[] }> {
  const { manifest } = model;
  const first = manifest.ids.lineBreak;
  const texts = [5, 12, 1].map((length) =>
    Int32Array.from({ length }, (_, index) => first + ((7 * index) % 40)),
  );
  const textRows: (number | undefined)[] = [];
  const watched = Object.create(graph, {
    run: {
      value: (feeds: Feeds) => {
        textRows.push(feeds['text']?.dims[0]);
        return graph.run(feeds);
      },
    },
  }) as OnnxGraph;
  const windows = manifest.keyframeWindows;
  const batch = { texts, windows, order: KEYFRAME_ORDER, textBoost: 0 };
  const runner = new TransformerRunner(watched, manifest, batch);
  try {
    await runner.prefill(texts.map(() => []));
    const logits: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const cell = step % manifest.grid ** 2;
      runner.ids.fill(cell === 0 ? manifest.ids.beginOfImage : (11 * step) % manifest.codes);
      logits.push(...(await runner.step(Math.floor(step / manifest.grid ** 2), cell)));
    }
    return { logits, textRows };
  } finally {
    runner.dispose();
  }
}

it('logits are those of the graph that reads the text at every step', async () => {
  const once = model.graphs.keyframes;
  expect(everyRun.inputs.has('summary')).toBe(false);
  const plain = await draw(everyRun);
  const found = await draw(once);
  expect(plain.textRows).toEqual(new Array<number>(1 + STEPS).fill(3));
  // The texts are read by the prefill alone.
  expect(found.textRows).toEqual([3, ...new Array<number>(STEPS).fill(0)]);
  expect(found.logits).toHaveLength(plain.logits.length);
  const apart = found.logits.map((value, index) => Math.abs(value - plain.logits[index]!));
  expect(Math.max(...apart)).toBeLessThan(1e-4);
  // The summary matters: without it the logits are others.
  const silent = await draw(withoutSummary(once));
  const other = silent.logits.map((value, index) => Math.abs(value - plain.logits[index]!));
  expect(Math.max(...other)).toBeGreaterThan(0.01);
});

it('a whole job draws the same clip', async () => {
  const clip = async (graphs: NodeModel['graphs']): Promise<number[][]> => {
    const prompt = 'A lion drinks water at the lake.';
    const { context } = nodeJob({ ...model, graphs }, { prompt, temperature: 0.05, rounds: 0 });
    return (await generateVideo(context)).tokens.map(({ ids }) => [...ids]);
  };
  expect(await clip(model.graphs)).toEqual(await clip({ ...model.graphs, keyframes: everyRun }));
});

/** The same graph, fed with summaries of zeros in every step. */
function withoutSummary(graph: OnnxGraph): OnnxGraph {
  return Object.create(graph, {
    run: {
      value: (feeds: Feeds) => {
        const { summary } = feeds;
        if (summary && summary.dims[0]! > 0) (summary.data as Float32Array).fill(0);
        return graph.run(feeds);
      },
    },
  }) as OnnxGraph;
}
