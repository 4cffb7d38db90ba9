/** The caches of passes, in main memory: what the prefill fills, and frames that come behind it. */
import * as ort from 'onnxruntime-common';
import { expect, it } from 'vitest';
import { cacheMemory } from '../../../workers/runtime/cacheMemory';
import { MaskedCache } from '../../../workers/runtime/maskedCache';
import type { OrtRuntime, Results } from '../../../workers/runtime/ortRuntime';

const [SEQUENCES, HEADS, WIDTH] = [2, 2, 3];
const TEXT_SLOTS = 2;
const CELLS = 4;
const NAMES = ['spatial_key_0', 'spatial_value_0', 'temporal_key_0', 'temporal_value_0'];

/** A result [sequences, heads, rows, width] whose numbers say where they are. */
function made(sequences: number, rows: number, tag: number): ort.Tensor {
  const size = sequences * HEADS * rows * WIDTH;
  const values = Float32Array.from({ length: size }, (_, at) => {
    const row = Math.floor(at / WIDTH) % rows;
    const block = Math.floor(at / (WIDTH * rows));
    return 1000 * tag + 10 * block + row;
  });
  return new ort.Tensor('float32', values, [sequences, HEADS, rows, WIDTH]);
}

function results(rows: number, tag: number): Results {
  return Object.fromEntries(NAMES.map((name) => [`new_${name}`, made(SEQUENCES, rows, tag)]));
}

/** The first number of every row of every block. */
function rowsOf(tensor: ort.Tensor): number[][] {
  const rows = tensor.dims[2]!;
  const values = tensor.data as Float32Array;
  return Array.from({ length: SEQUENCES * HEADS }, (_, block) =>
    Array.from({ length: rows }, (_, row) => values[(block * rows + row) * WIDTH]!),
  );
}

it('holds the text, then the frames that were appended, in the temporal channel alone', () => {
  const runtime = { ort } as unknown as OrtRuntime;
  const cache = new MaskedCache(cacheMemory({ runtime, heap: undefined }), {
    architecture: { layers: 1, heads: HEADS, headDim: WIDTH },
    sequences: SEQUENCES,
    textSlots: TEXT_SLOTS,
    temporalSlots: TEXT_SLOTS,
  });
  cache.keepPrefill(results(TEXT_SLOTS, 1), 0);
  const text = (block: number): number[] => [1000 + 10 * block, 1001 + 10 * block];
  const frame = (tag: number, block: number): number[] =>
    Array.from({ length: CELLS }, (_, cell) => 1000 * tag + 10 * block + cell);
  const blocks = [0, 1, 2, 3];
  for (const name of NAMES) expect(rowsOf(cache.feeds()[name]!)).toEqual(blocks.map(text));

  expect(cache.frameOutputs()).toEqual(['new_temporal_key_0', 'new_temporal_value_0']);
  cache.appendFrame(results(CELLS, 2));
  cache.appendFrame(results(CELLS, 3));
  const grown = cache.feeds();
  expect(rowsOf(grown['spatial_key_0']!)).toEqual(blocks.map(text));
  for (const name of ['temporal_key_0', 'temporal_value_0']) {
    expect(rowsOf(grown[name]!)).toEqual(
      blocks.map((block) => [...text(block), ...frame(2, block), ...frame(3, block)]),
    );
  }
  cache.dispose();
});
