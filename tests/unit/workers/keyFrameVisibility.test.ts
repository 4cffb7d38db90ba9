/** What the rows of a run over a whole key frame see, against the rules in words and the steps'. */
import { describe, expect, it } from 'vitest';
import { keyFrameBiases, keyFramePositions } from '../../../workers/sampling/keyFrameVisibility';
import {
  fillStepBiases,
  imagePosition,
  MASKED,
  patternLayouts,
  spatialCapacity,
  temporalCapacity,
  temporalSlot,
} from '../../../workers/sampling/visibility';
import { CELLS, GRID, sameRegion, WINDOWS } from './gridWindows';

const TEXT = { slots: 5, lengths: [5, 2], boost: 0 };
const SEQUENCES = TEXT.lengths.length;

/** One row of a bias [..., CELLS, width]. */
function rowOf(bias: Float32Array, row: number, width: number): number[] {
  return [...bias.subarray(row * width, (row + 1) * width)];
}

const realText = (sequence: number): number[] =>
  Array.from({ length: TEXT.slots }, (_, slot) => (slot < TEXT.lengths[sequence]! ? 0 : MASKED));

describe.each([[WINDOWS], [[]]])('windows %#', (windows) => {
  const layouts = patternLayouts(GRID, windows);

  it.each([0, 1, 4])('a pass with %i frames before sees what the specification says', (before) => {
    const { spatial, temporal } = keyFrameBiases(TEXT, layouts, CELLS, before, 'pass');
    const spatialWidth = TEXT.slots + CELLS;
    const temporalWidth = TEXT.slots + before * CELLS + CELLS;
    expect(spatial).toHaveLength(SEQUENCES * CELLS * spatialWidth);
    expect(temporal).toHaveLength(layouts.length * SEQUENCES * CELLS * temporalWidth);
    const all = Array.from({ length: CELLS }, (_, cell) => cell);
    for (let sequence = 0; sequence < SEQUENCES; sequence++) {
      for (const cell of all) {
        const at = sequence * CELLS + cell;
        const own = [...realText(sequence), ...all.map(() => 0)];
        expect(rowOf(spatial, at, spatialWidth)).toEqual(own);
        layouts.forEach((_, pattern) => {
          // Cells of the frames before and rows of the pass are alike: those of the same region.
          const frame = all.map((key) => (sameRegion(windows[pattern], cell, key) ? 0 : MASKED));
          const image = Array.from({ length: before + 1 }, () => frame).flat();
          const found = rowOf(temporal, pattern * SEQUENCES * CELLS + at, temporalWidth);
          expect(found).toEqual([...realText(sequence), ...image]);
        });
      }
    }
  });

  it.each([0, 3])('finishing with %i frames before sees what drawing a cell sees', (before) => {
    const { spatial, temporal } = keyFrameBiases(TEXT, layouts, CELLS, before, 'finish');
    const steps = {
      spatial: spatialCapacity(TEXT.slots, CELLS) + 1,
      temporal: temporalCapacity(TEXT.slots, layouts) + 1,
    };
    const stepSpatial = new Float32Array(SEQUENCES * steps.spatial);
    const stepTemporal = new Float32Array(layouts.length * SEQUENCES * steps.temporal);
    for (let cell = 0; cell < CELLS; cell++) {
      fillStepBiases(stepSpatial, stepTemporal, TEXT, layouts, before, cell);
      for (let sequence = 0; sequence < SEQUENCES; sequence++) {
        const at = sequence * CELLS + cell;
        const own = rowOf(spatial, at, TEXT.slots + CELLS);
        const step = rowOf(stepSpatial, sequence, steps.spatial);
        // The step's own key comes last, here it is the row's.
        expect(own.slice(0, TEXT.slots)).toEqual(step.slice(0, TEXT.slots));
        own.slice(TEXT.slots).forEach((bias, key) => {
          expect(bias).toBe(key === cell ? step.at(-1) : step[TEXT.slots + key]);
        });
        layouts.forEach((layout, pattern) => {
          const width = TEXT.slots + (before + 1) * CELLS;
          const found = rowOf(temporal, pattern * SEQUENCES * CELLS + at, width);
          const seen = rowOf(stepTemporal, pattern * SEQUENCES + sequence, steps.temporal);
          expect(found.slice(0, TEXT.slots)).toEqual(seen.slice(0, TEXT.slots));
          found.slice(TEXT.slots).forEach((bias, column) => {
            const [frame, key] = [Math.floor(column / CELLS), column % CELLS];
            // A step reads the cache of its own region alone.
            const inRegion = layout.region[key] === layout.region[cell];
            const slot = temporalSlot(TEXT.slots, layout, frame, key);
            const wanted = frame === before && key === cell ? seen.at(-1) : seen[slot];
            expect(bias).toBe(inRegion ? wanted : MASKED);
          });
        });
      }
    }
  });
});

it('the rows of a frame lie where its cells do', () => {
  const positions = [...keyFramePositions(10, CELLS, 3)];
  expect(positions).toEqual(
    Array.from({ length: CELLS }, (_, cell) => imagePosition(10, CELLS, 3, cell)),
  );
});
