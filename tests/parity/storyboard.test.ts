/** A storyboard on its way through a whole job: what opens the frames that the transformers read. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OnnxGraph } from '../../workers/runtime/onnxGraph';
import type { Feeds } from '../../workers/runtime/ortRuntime';
import { generateVideo, loadNodeModel, nodeJob } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

const PROMPT = 'A lion drinks water at the lake.';
const POINTS = 9;
const CELLS = 16;

let model: NodeModel;
beforeAll(async () => {
  const loaded = await loadNodeModel();
  // Guidance in both stages, so that both have branches without a prompt.
  const sampling = { ...loaded.manifest.sampling, interpolationGuidance: 2 };
  const graphs = { ...loaded.graphs };
  delete graphs.storyboard;
  model = { ...loaded, graphs, manifest: { ...loaded.manifest, sampling } };
});
afterAll(() => model.release());

/** A planner that answers with `idAt` for every point, whatever it reads. */
function planner(idAt: (point: number) => number): OnnxGraph {
  const { runtime } = model.graphs.tokenizer;
  const rates = model.manifest.rates.length;
  const run = () => {
    const ids = Int32Array.from({ length: rates * POINTS }, (_, index) => idAt(index % POINTS));
    return { opening: new runtime.ort.Tensor('int32', ids, [1, rates, POINTS]) };
  };
  return { runtime, run: () => Promise.resolve(run()) } as unknown as OnnxGraph;
}

/** The runs of a graph in a job: what was fed and what came back. */
interface Runs {
  /** [runs][sequences][rows] */
  ids: number[][][];
  /** Of all sequences, one after the other. */
  logits: number[][];
}

/** The same graph; its runs are added to `runs`. */
function watched(graph: OnnxGraph, runs: Runs): OnnxGraph {
  const run = async (feeds: Feeds) => {
    const { data, dims } = feeds['ids']!;
    const [sequences = 0, rows = 0] = dims;
    const fed = Array.from(data as Int32Array);
    runs.ids.push(Array.from({ length: sequences }, (_, s) => fed.slice(s * rows, (s + 1) * rows)));
    const results = await graph.run(feeds);
    runs.logits.push(Array.from(results['logits']!.data as Float32Array));
    return results;
  };
  return Object.create(graph, { run: { value: run } }) as OnnxGraph;
}

/** A job of one round: tokens by slot, and what its transformers read and answered. */
async function draw(storyboard?: OnnxGraph) {
  const keyFrames: Runs = { ids: [], logits: [] };
  const round: Runs = { ids: [], logits: [] };
  const graphs = {
    ...model.graphs,
    keyframes: watched(model.graphs.keyframes, keyFrames),
    interpolation: watched(model.graphs.interpolation, round),
    ...(storyboard ? { storyboard } : {}),
  };
  const { context } = nodeJob({ ...model, graphs }, { prompt: PROMPT, guidance: 2, rounds: 1 });
  const { tokens } = await generateVideo(context);
  return { tokens: tokens.map(({ ids }) => [...ids]), keyFrames, round };
}

/** What is fed at the first cell of each drawn frame: steps follow the prefill. */
function firstIds({ ids: [, ...steps] }: Runs): number[][] {
  return steps.filter((_, step) => step % CELLS === 0).map((rows) => rows.flat());
}

it('opens the frames of both stages as planned, and none of the branches without a prompt', async () => {
  const { beginOfImage: boi, lineBreak } = model.manifest.ids;
  // Ids that the model has and that open no frame by themselves.
  const at = (point: number): number => lineBreak + 1 + point;
  const { keyFrames, round } = await draw(planner(at));
  expect(firstIds(keyFrames)).toEqual([0, 2, 4, 6, 8].map((slot) => [at(slot), boi]));
  // Sequences: both windows told, then both untold. Frame 1 of each window, then frame 3.
  expect(firstIds(round)).toEqual([
    [at(1), at(5), boi, boi],
    [at(3), at(7), boi, boi],
  ]);
  const given = round.ids[0]!.map((row) => {
    const text = row.length - 3 * CELLS;
    return [0, 1, 2].map((frame) => row[text + frame * CELLS]);
  });
  expect(given).toEqual([
    [at(0), at(2), at(4)],
    [at(4), at(6), at(8)],
    [boi, boi, boi],
    [boi, boi, boi],
  ]);
});

it('changes the logits of the branch that it is told to, unless it tells no stage', async () => {
  const { beginOfImage, lineBreak } = model.manifest.ids;
  const plain = await draw();
  const untold = await draw(planner(() => beginOfImage));
  expect(untold.tokens).toEqual(plain.tokens);
  expect(untold.keyFrames.ids).toEqual(plain.keyFrames.ids);
  expect(untold.round.ids).toEqual(plain.round.ids);
  const told = await draw(planner((point) => lineBreak + 1 + point));
  // Run 1 is the first step. The branch without a prompt has the logits of the second half.
  const [first, other] = [told.keyFrames.logits[1]!, plain.keyFrames.logits[1]!];
  const { codes } = model.manifest;
  expect(first).toHaveLength(2 * codes);
  const apart = first.map((value, index) => Math.abs(value - other[index]!));
  expect(Math.max(...apart.slice(0, codes))).toBeGreaterThan(0.01);
  expect(Math.max(...apart.slice(codes))).toBeLessThan(1e-5);
});
