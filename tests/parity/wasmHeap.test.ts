/** Caches in onnxruntime-web's heap, read where they lie, against runs that copy everything. */
import type { InferenceSession } from 'onnxruntime-common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KvCache } from '../../workers/runtime/kvCache';
import type { OnnxGraph } from '../../workers/runtime/onnxGraph';
import type { OrtRuntime } from '../../workers/runtime/ortRuntime';
import { TransformerRunner } from '../../workers/runtime/transformerRunner';
import { WasmHeap } from '../../workers/runtime/wasmHeap';
import { INTERPOLATION_ORDER, KEYFRAME_ORDER } from '../../workers/sampling/schedule';
import {
  patternLayouts,
  spatialCapacity,
  temporalCapacity,
} from '../../workers/sampling/visibility';
import { generateVideo, loadNodeModel, MICRO_FOLDER, nodeJob } from './nodePipeline';
import type { NodeModel } from './nodePipeline';
import { webRuntimes } from './webRuntime';
import type { WebRuntimes } from './webRuntime';

let runtimes: WebRuntimes;
const models: Record<'heap' | 'plain', NodeModel> = {} as never;
beforeAll(async () => {
  runtimes = await webRuntimes();
  models.heap = await loadNodeModel(MICRO_FOLDER, runtimes.heap);
  models.plain = await loadNodeModel(MICRO_FOLDER, runtimes.plain);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await models.heap.release();
  await models.plain.release();
  runtimes.close();
});

/** Logits of all cells of both drawn frames of two windows, and of key frames' first two. */
async function draw(model: NodeModel): Promise<{ keyFrames: number[]; between: number[] }> {
  const { manifest, graphs } = model;
  const { lineBreak } = manifest.ids;
  const texts = [6, 3].map((length) =>
    Int32Array.from({ length }, (_, index) => lineBreak + ((5 * index) % 40)),
  );
  const cells = manifest.grid ** 2;
  const frame = (step: number): Int32Array =>
    Int32Array.from({ length: cells }, (_, cell) => (step * (cell + 1)) % manifest.codes);
  const drawFrames = async (
    graph: OnnxGraph,
    given: Int32Array[],
    orders: readonly number[],
  ): Promise<number[]> => {
    const keyFrames = graph === graphs.keyframes;
    const runner = new TransformerRunner(graph, manifest, {
      texts,
      windows: keyFrames ? manifest.keyframeWindows : manifest.interpolationWindows,
      order: keyFrames ? KEYFRAME_ORDER : INTERPOLATION_ORDER,
      textBoost: 0,
    });
    const logits: number[] = [];
    try {
      await runner.prefill(texts.map(() => given));
      for (const order of orders) {
        for (let cell = 0; cell < cells; cell++) {
          runner.ids.set([(7 * cell + order) % manifest.codes, (3 * cell) % manifest.codes]);
          logits.push(...(await runner.step(order, cell)));
        }
        runner.copyFrame(order, [0, 1]);
      }
    } finally {
      runner.dispose();
    }
    return logits;
  };
  return {
    keyFrames: await drawFrames(graphs.keyframes, [], [0, 1]),
    between: await drawFrames(graphs.interpolation, [frame(3), frame(5), frame(7)], [3, 4]),
  };
}

describe('steps', () => {
  it('give the very logits of runs that copy their caches', async () => {
    const inHeap = vi.spyOn(WasmHeap.prototype, 'run');
    const found = await draw(models.heap);
    const cells = models.heap.manifest.grid ** 2;
    expect(inHeap).toHaveBeenCalledTimes(4 * cells);
    expect(found).toEqual(await draw(models.plain));
    expect(inHeap).toHaveBeenCalledTimes(4 * cells);
    expect(new Set(found.keyFrames).size).toBeGreaterThan(cells);
    inHeap.mockRestore();
  });

  it('leave nothing in the heap', async () => {
    const allocate = vi.spyOn(WasmHeap.prototype, 'allocate');
    const free = vi.spyOn(WasmHeap.prototype, 'free');
    await draw(models.heap);
    const blocks = allocate.mock.results.map(({ value }) => value as Float32Array);
    expect(blocks.length).toBeGreaterThan(0);
    expect(free.mock.calls).toHaveLength(blocks.length);
    expect(new Set(free.mock.calls.map(([block]) => block))).toEqual(new Set(blocks));
    vi.restoreAllMocks();
  });

  it('draw the same where the heap has no room for their caches, or for some of them', async () => {
    const allocate = vi.spyOn(WasmHeap.prototype, 'allocate');
    for (let block = 0; block < 3; block++) allocate.mockReturnValueOnce(undefined);
    const found = await draw(models.heap);
    expect(allocate.mock.calls.length).toBeGreaterThan(3);
    allocate.mockReturnValue(undefined);
    expect(await draw(models.heap)).toEqual(found);
    allocate.mockRestore();
    expect(await draw(models.heap)).toEqual(found);
  });

  it('give the logits of caches that have room for every cell from the beginning', async () => {
    const { grid, keyframeWindows, interpolationWindows } = models.heap.manifest;
    expect(interpolationWindows).toEqual(keyframeWindows);
    const slots = 6;
    const whole = {
      spatial: spatialCapacity(slots, grid ** 2),
      temporal: temporalCapacity(slots, patternLayouts(grid, keyframeWindows)),
    };
    const rooms = vi.spyOn(KvCache.prototype, 'makeRoom');
    const growing = await draw(models.heap);
    const found = rooms.mock.results.map(({ value }) => value as typeof whole);
    expect(new Set(found.map(({ spatial }) => spatial)).size).toBeGreaterThan(2);
    expect(Math.max(...found.map(({ temporal }) => temporal))).toBe(whole.temporal);
    expect(Math.min(...found.map(({ temporal }) => temporal))).toBeLessThan(whole.temporal);
    rooms.mockReturnValue(whole);
    const fixed = await draw(models.heap);
    for (const part of ['keyFrames', 'between'] as const) {
      const apart = growing[part].map((value, at) => Math.abs(value - fixed[part][at]!));
      expect(Math.max(...apart)).toBeLessThan(1e-4);
    }
    rooms.mockRestore();
  });
});

it('a whole clip is the same, token for token', async () => {
  const clip = async (model: NodeModel): Promise<number[][]> => {
    const prompt = 'A lion drinks water at the lake.';
    const { context } = nodeJob(model, { prompt, rounds: 2 });
    return (await generateVideo(context)).tokens.map(({ ids }) => [...ids]);
  };
  const found = await clip(models.heap);
  expect(found).toHaveLength(17);
  expect(found).toEqual(await clip(models.plain));
});

describe('a run in the heap', () => {
  const heapOf = ({ heap }: OrtRuntime): WasmHeap => {
    if (!heap) throw new Error('no heap');
    return heap;
  };

  it('reports what onnxruntime refuses, and frees what it copied', async () => {
    const { keyframes } = models.heap.graphs;
    const { ort } = runtimes.heap;
    const heap = heapOf(runtimes.heap);
    const floats = heap.allocate(4)!;
    const feeds = { ids: new ort.Tensor('float32', floats, [4]) };
    await expect(keyframes.run(feeds, ['logits'])).rejects.toThrow(/ids|input/i);
    heap.free(floats);
    // The next run is as any other.
    expect((await draw(models.heap)).between).toEqual((await draw(models.plain)).between);
  });

  // Of the 4 GB that there are, all but what a loaded model takes; and more than there are.
  it.each([2 ** 30 - 2 ** 20, 2 ** 30])('has no room for %i floats', (floats) => {
    expect(heapOf(runtimes.heap).allocate(floats)).toBeUndefined();
  });

  it('says so when onnxruntime-web hides its sessions', () => {
    const { ort } = runtimes.heap;
    const hidden = {} as InferenceSession;
    const feeds = { x: new ort.Tensor('float32', new Float32Array(1), [1]) };
    expect(() => heapOf(runtimes.heap).run(hidden, feeds, ['y'])).toThrow(/hides its sessions/);
  });
});
