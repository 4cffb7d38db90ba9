import { expect, it } from 'vitest';
import {
  maskedPositions,
  maskedRowBiases,
  maskedRows,
  maskedTemporalSlots,
} from '../../../workers/sampling/maskedVisibility';
import { imagePosition, MASKED, patternLayouts } from '../../../workers/sampling/visibility';
import { CELLS, GRID, sameRegion, WINDOWS } from './gridWindows';

const TEXT = { slots: 5, lengths: [5, 2], boost: 0.5 };

it.each([[WINDOWS], [[]]])('a pass sees what the specification says (windows %#)', (windows) => {
  const layouts = patternLayouts(GRID, windows);
  const { spatial, temporal } = maskedRowBiases(TEXT, layouts, CELLS);
  const rows = maskedRows(CELLS);
  const spatialWidth = TEXT.slots + rows;
  const temporalWidth = maskedTemporalSlots(TEXT.slots, CELLS) + rows;
  expect(rows).toBe(2 * CELLS);
  expect(spatial).toHaveLength(TEXT.lengths.length * rows * spatialWidth);
  expect(temporal).toHaveLength(layouts.length * TEXT.lengths.length * rows * temporalWidth);
  // Columns behind the text: the given frames, then both wanted ones.
  const wanted = Array.from({ length: rows }, (_, row) => ({
    frame: row < CELLS ? 1 : 3,
    cell: row % CELLS,
  }));
  const given = [0, 2, 4].flatMap((frame) =>
    Array.from({ length: CELLS }, (_, cell) => ({ frame, cell })),
  );
  TEXT.lengths.forEach((length, sequence) => {
    const text = Array.from({ length: TEXT.slots }, (_, slot) =>
      slot < length ? TEXT.boost : MASKED,
    );
    wanted.forEach((query, row) => {
      const at = (sequence * rows + row) * spatialWidth;
      const own = wanted.map(({ frame }) => (frame === query.frame ? 0 : MASKED));
      expect([...spatial.subarray(at, at + spatialWidth)]).toEqual([...text, ...own]);
      layouts.forEach((_, pattern) => {
        const begin = ((pattern * TEXT.lengths.length + sequence) * rows + row) * temporalWidth;
        const image = [...given, ...wanted].map(({ cell }) =>
          sameRegion(windows[pattern], query.cell, cell) ? 0 : MASKED,
        );
        const bias = [...temporal.subarray(begin, begin + temporalWidth)];
        expect(bias).toEqual([...text, ...image]);
      });
    });
  });
});

it('the rows of a pass lie where slots 1 and 3 do', () => {
  const positions = [...maskedPositions(10, CELLS)];
  expect(positions).toHaveLength(2 * CELLS);
  expect(positions[0]).toBe(imagePosition(10, CELLS, 1, 0));
  expect(positions[CELLS - 1]).toBe(imagePosition(10, CELLS, 1, CELLS - 1));
  expect(positions[CELLS]).toBe(imagePosition(10, CELLS, 3, 0));
  expect(positions.at(-1)).toBe(10 + 4 * CELLS - 1);
});
