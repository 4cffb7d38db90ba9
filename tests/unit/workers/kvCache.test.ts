/** Caches of steps, in main memory: recorded runs read the same blocks for every cell. */
import * as ort from 'onnxruntime-common';
import { expect, it } from 'vitest';
import { cacheMemory } from '../../../workers/runtime/cacheMemory';
import { KvCache } from '../../../workers/runtime/kvCache';
import type { Feeds, OrtRuntime, Results } from '../../../workers/runtime/ortRuntime';
import { patternLayouts, temporalSlot } from '../../../workers/sampling/visibility';

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

function allNumbers(feeds: Feeds): number[] {
  return Object.values(feeds).flatMap(({ data }) => [...(data as Float32Array)]);
}

/** What the step of every cell is fed with, as numbers, and the tensors themselves.
 *  @param seen what of a feed counts; by default all of it. */
function drawFrames(
  cache: KvCache,
  leading?: number[],
  seen: (feeds: Feeds, order: number, cell: number) => number[] = allNumbers,
): { numbers: number[][]; feeds: Feeds[] } {
  cache.keepPrefill(results(TEXT_SLOTS, 1, leading), 0, 0);
  const numbers: number[][] = [];
  const feeds: Feeds[] = [];
  for (let order = 0; order < FRAMES; order++) {
    for (let cell = 0; cell < CELLS; cell++) {
      const own: Feeds = {};
      cache.feed(own, cell);
      feeds.push(own);
      numbers.push(seen(own, order, cell));
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

it('has the rows that a cell sees, whatever room it makes', () => {
  const layouts = patternLayouts(GRID, WINDOWS);
  const rows = { spatial: new Set<number>(), temporal: new Set<number>() };
  const seen = (feeds: Feeds, order: number, cell: number): number[] =>
    Object.entries(feeds).flatMap(([name, { data, dims }]) => {
      const layout = layouts[Number(name.at(-1)) % layouts.length]!;
      const spatial = name.startsWith('spatial');
      const last = spatial ? TEXT_SLOTS + cell : temporalSlot(TEXT_SLOTS, layout, order, cell);
      const count = dims[2]!;
      rows[spatial ? 'spatial' : 'temporal'].add(count);
      expect(count).toBeGreaterThan(last);
      return Array.from({ length: SEQUENCES * HEADS }, (_, head) => [
        ...(data as Float32Array).subarray(head * count * WIDTH, (head * count + last) * WIDTH),
      ]).flat();
    });
  const fixed = drawFrames(newCache(), [1], seen);
  expect([rows.spatial.size, rows.temporal.size]).toEqual([1, 1]);
  const growing = newCache();
  const feed = growing.feed.bind(growing);
  let step = 0;
  growing.feed = (feeds, cell) => {
    growing.makeRoom(Math.floor(step++ / CELLS), cell);
    feed(feeds, cell);
  };
  expect(drawFrames(growing, [1], seen).numbers).toEqual(fixed.numbers);
  // Four rooms of a frame, and one of every frame; the whole ones were there before.
  expect([...rows.spatial].sort((a, b) => a - b)).toEqual([6, 10, 14, 18]);
  expect([...rows.temporal].sort((a, b) => a - b)).toEqual([8, 14, 20, 32]);
});
