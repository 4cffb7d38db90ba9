/** Caches of steps, in main memory: recorded runs read the same blocks for every cell. */
import * as ort from 'onnxruntime-common';
import { expect, it } from 'vitest';
import { cacheMemory } from '../../../workers/runtime/cacheMemory';
import { KvCache } from '../../../workers/runtime/kvCache';
import type { Feeds, OrtRuntime, Results } from '../../../workers/runtime/ortRuntime';
import { patternLayouts } from '../../../workers/sampling/visibility';

const GRID = 4;
const CELLS = GRID * GRID;
const [SEQUENCES, HEADS, WIDTH, LAYERS] = [2, 2, 3, 2];
const TEXT_SLOTS = 2;
const FRAMES = 3;
/** Rows of the grid; columns in pairs, shifted, so that regions differ in size. */
const WINDOWS = [
  { height: 1, width: 4, shift: 0 },
  { height: 4, width: 2, shift: 1 },
];

function newCache(): KvCache {
  const runtime = { ort } as unknown as OrtRuntime;
  return new KvCache(cacheMemory({ runtime, heap: undefined }), {
    layers: LAYERS,
    heads: HEADS,
    headDim: WIDTH,
    sequences: SEQUENCES,
    textSlots: TEXT_SLOTS,
    cells: CELLS,
    layouts: patternLayouts(GRID, WINDOWS),
  });
}

/** Rows that no other run has, with a leading 1 as graphs give them today, or without. */
function results(rows: number, tag: number, leading: number[] = [1]): Results {
  const names = Array.from({ length: LAYERS }, (_, layer) =>
    ['spatial_key', 'spatial_value', 'temporal_key', 'temporal_value'].map(
      (name) => `new_${name}_${layer}`,
    ),
  ).flat();
  const size = SEQUENCES * HEADS * rows * WIDTH;
  return Object.fromEntries(
    names.map((name, place) => {
      const values = Float32Array.from({ length: size }, (_, at) => tag * 1e4 + place * 1e3 + at);
      const dims = [...leading, SEQUENCES, HEADS, rows, WIDTH];
      return [name, new ort.Tensor('float32', values, dims)] as const;
    }),
  );
}

/** What the step of every cell is fed with, as numbers, and the tensors themselves. */
function drawFrames(cache: KvCache, leading?: number[]): { numbers: number[][]; feeds: Feeds[] } {
  cache.keepPrefill(results(TEXT_SLOTS, 1, leading), 0, 0);
  const numbers: number[][] = [];
  const feeds: Feeds[] = [];
  for (let order = 0; order < FRAMES; order++) {
    for (let cell = 0; cell < CELLS; cell++) {
      const own: Feeds = {};
      cache.feed(own, cell);
      feeds.push(own);
      numbers.push(Object.values(own).flatMap(({ data }) => [...(data as Float32Array)]));
      cache.keepStep(results(1, 2 + order * CELLS + cell, leading), order, cell);
    }
    cache.copyFrame(order, [1, 1]);
  }
  return { numbers, feeds };
}

it('feeds the rows of the region of every cell from one place', () => {
  const plain = drawFrames(newCache());
  const recorded = newCache();
  recorded.keepPlaces();
  const { numbers, feeds } = drawFrames(recorded);
  expect(numbers).toEqual(plain.numbers);
  const tensors = (all: Feeds[]): number => new Set(all.flatMap((own) => Object.values(own))).size;
  expect(tensors(feeds)).toBe(4 * LAYERS);
  expect(tensors(plain.feeds)).toBeGreaterThan(4 * LAYERS);
});

it('takes rows with and without a leading 1', () => {
  expect(drawFrames(newCache(), []).numbers).toEqual(drawFrames(newCache(), [1]).numbers);
});
