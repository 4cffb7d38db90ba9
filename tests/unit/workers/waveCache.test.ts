/** The caches of waves, in main memory: every cell has its place, whichever wave it came in. */
import * as ort from 'onnxruntime-common';
import { describe, expect, it } from 'vitest';
import { cacheMemory } from '../../../workers/runtime/cacheMemory';
import type { OrtRuntime, Results } from '../../../workers/runtime/ortRuntime';
import { WaveCache } from '../../../workers/runtime/waveCache';
import { IDLE } from '../../../workers/sampling/wavefront';
import type { WindowFrames } from '../../../workers/sampling/wavefront';

const [SEQUENCES, HEADS, WIDTH] = [2, 2, 3];
const [TEXT_SLOTS, CELLS] = [2, 4];
const NAMES = ['spatial_key_0', 'spatial_value_0', 'temporal_key_0', 'temporal_value_0'];

/** Results [1, sequences, heads, rows, width] whose numbers say where they are. */
function results(rows: number, tag: number, sequences = SEQUENCES): Results {
  const size = sequences * HEADS * rows * WIDTH;
  const values = Float32Array.from({ length: size }, (_, at) => {
    const row = Math.floor(at / WIDTH) % rows;
    return 1000 * tag + 100 * Math.floor(at / (WIDTH * rows)) + row;
  });
  const dims = [1, sequences, HEADS, rows, WIDTH];
  return Object.fromEntries(
    NAMES.map((name) => [`new_${name}`, new ort.Tensor('float32', values, dims)]),
  );
}

function cacheOf(window: WindowFrames): WaveCache {
  const runtime = { ort } as unknown as OrtRuntime;
  const architecture = { layers: 1, heads: HEADS, headDim: WIDTH };
  const shape = { architecture, sequences: SEQUENCES, textSlots: TEXT_SLOTS, cells: CELLS, window };
  return new WaveCache(cacheMemory({ runtime, heap: undefined }), shape);
}

/** The first number of every row of a block: head `block % HEADS` of sequence `block / HEADS`. */
function rowsOf(cache: WaveCache, name: string, block: number): number[] {
  const tensor = cache.feeds()[name]!;
  const rows = tensor.dims[2]!;
  const values = tensor.data as Float32Array;
  return Array.from({ length: rows }, (_, row) => values[(block * rows + row) * WIDTH]!);
}

describe('caches of waves', () => {
  it('hold the text, and each row of a wave in the place of its cell', () => {
    const cache = cacheOf({ given: 0, frames: 3, lag: 2 });
    cache.keepPrefill(results(TEXT_SLOTS, 1), 0);
    cache.keepWave(results(3, 2), Int32Array.of(3, 1, IDLE));
    cache.keepWave(results(3, 3), Int32Array.of(IDLE, 2, 0));
    for (const name of NAMES) {
      for (const block of [0, 1, 2, 3]) {
        const at = 100 * block;
        const text = [1000 + at, 1001 + at];
        const first = [0, 0, 0, 2000 + at];
        const second = [0, 2001 + at, 3001 + at, 0];
        const third = [3002 + at, 0, 0, 0];
        expect(rowsOf(cache, name, block)).toEqual([...text, ...first, ...second, ...third]);
      }
    }
  });

  it('hold given frames in the temporal channel alone, sequence by sequence', () => {
    const cache = cacheOf({ given: 1, frames: 2 });
    cache.keepPrefill(results(TEXT_SLOTS + CELLS, 1, 1), 0);
    cache.keepPrefill(results(TEXT_SLOTS + CELLS, 2, 1), 1);
    cache.keepWave(results(1, 3), Int32Array.of(2));
    const prefill = (tag: number, at: number, count: number): number[] =>
      Array.from({ length: count }, (_, row) => 1000 * tag + at + row);
    for (const [block, tag] of [1, 1, 2, 2].entries()) {
      const at = 100 * (block % HEADS);
      const own = [0, 0, 3000 + 100 * block, 0];
      const spatial = [...prefill(tag, at, TEXT_SLOTS), ...own];
      const temporal = [...prefill(tag, at, TEXT_SLOTS + CELLS), ...own];
      expect(rowsOf(cache, 'spatial_key_0', block)).toEqual(spatial);
      expect(rowsOf(cache, 'temporal_value_0', block)).toEqual(temporal);
    }
  });

  it('let a sequence go on from all that another one has drawn, under its own text', () => {
    const cache = cacheOf({ given: 0, frames: 2, lag: 1 });
    cache.keepPrefill(results(TEXT_SLOTS, 1), 0);
    cache.keepWave(results(2, 2), Int32Array.of(1, 0));
    cache.copySequences([1, 1]);
    for (const name of NAMES) {
      for (const head of [0, 1]) {
        const drawn = rowsOf(cache, name, HEADS + head).slice(TEXT_SLOTS);
        expect(drawn.filter((value) => value > 0)).toHaveLength(2);
        expect(rowsOf(cache, name, head).slice(TEXT_SLOTS)).toEqual(drawn);
        const text = [1000 + 100 * head, 1001 + 100 * head];
        expect(rowsOf(cache, name, head).slice(0, TEXT_SLOTS)).toEqual(text);
      }
    }
  });
});
