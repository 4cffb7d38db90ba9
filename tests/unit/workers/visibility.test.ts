import { describe, expect, it } from 'vitest';
import type { TemporalWindow } from '../../../src/shared/manifest';
import { INTERPOLATION_ORDER, KEYFRAME_ORDER } from '../../../workers/sampling/schedule';
import type { PrefillRules } from '../../../workers/sampling/visibility';
import {
  fillStepBiases,
  imagePosition,
  MASKED,
  patternLayouts,
  prefillBiases,
  prefillPositions,
  regionIds,
  spatialCapacity,
  temporalCapacity,
  temporalSlot,
} from '../../../workers/sampling/visibility';
import { CELLS, GRID, sameRegion, WINDOWS } from './gridWindows';

type Stage = 'keyframes' | 'interpolation';

const TEXT = { slots: 5, lengths: [5, 2], boost: 0.5 };

/** The specification's rule, word by word: may (frame, cell) see (key frame, key cell)? */
function temporalRule(stage: Stage, frame: number, cell: number, key: number, keyCell: number) {
  if (stage === 'keyframes') return CELLS * key + keyCell <= CELLS * frame + cell;
  const given = [0, 2, 4];
  if (given.includes(frame)) return given.includes(key);
  if (given.includes(key)) return true;
  return key < frame || (key === frame && keyCell <= cell);
}

describe('regions', () => {
  it('are nine rectangles for the shifted windows of CogVideo', () => {
    const ids = regionIds(20, { height: 10, width: 10, shift: 5 });
    const band = (at: number): number => (at < 5 ? 0 : at < 15 ? 1 : 2);
    for (let cell = 0; cell < 400; cell++) {
      expect(ids[cell]).toBe(band(Math.floor(cell / 20)) * 3 + band(cell % 20));
    }
  });

  it('are four regions of that partition where the seam is left out', () => {
    const ids = regionIds(20, { height: 10, width: 10, shift: 5 }, true);
    const rolled = (at: number): number => Math.floor(((at + 15) % 20) / 10);
    const names = new Map<number, number>();
    for (let cell = 0; cell < 400; cell++) {
      const name = rolled(Math.floor(cell / 20)) * 2 + rolled(cell % 20);
      if (!names.has(ids[cell]!)) names.set(ids[cell]!, name);
      expect(names.get(ids[cell]!)).toBe(name);
    }
    expect(new Set(names.values()).size).toBe(4);
    expect(names.size).toBe(4);
  });

  it('without a window are the whole frame', () => {
    expect(new Set(regionIds(4, undefined))).toEqual(new Set([0]));
  });
});

describe.each(['keyframes', 'interpolation'] as const)('step of %s', (stage) => {
  const order = stage === 'keyframes' ? KEYFRAME_ORDER : INTERPOLATION_ORDER;
  const first = stage === 'keyframes' ? 0 : 3;

  it.each([[WINDOWS], [[]]])('sees what the specification says (windows %#)', (windows) => {
    const layouts = patternLayouts(GRID, windows);
    const spatialWidth = spatialCapacity(TEXT.slots, CELLS) + 1;
    const temporalWidth = temporalCapacity(TEXT.slots, layouts) + 1;
    const sequences = TEXT.lengths.length;
    const spatial = new Float32Array(sequences * spatialWidth).fill(99);
    const temporal = new Float32Array(layouts.length * sequences * temporalWidth).fill(99);
    for (let at = first; at < 5; at++) {
      for (let cell = 0; cell < CELLS; cell++) {
        fillStepBiases(spatial, temporal, TEXT, layouts, at, cell);
        for (let sequence = 0; sequence < sequences; sequence++) {
          const text = textBias(TEXT.lengths[sequence]!, TEXT.boost);
          const own = Array.from({ length: CELLS }, (_, key) => (key < cell ? 0 : MASKED));
          const start = sequence * spatialWidth;
          const row = [...spatial.subarray(start, start + spatialWidth)];
          expect(row).toEqual([...text, ...own, 0]);
          layouts.forEach((layout, pattern) => {
            const begin = (pattern * sequences + sequence) * temporalWidth;
            const bias = temporal.subarray(begin, begin + temporalWidth);
            expect([...bias.subarray(0, TEXT.slots)]).toEqual(text);
            expect(bias.at(-1)).toBe(0);
            const seen = new Set<number>();
            bias.subarray(TEXT.slots, -1).forEach((value, slot) => {
              if (value === 0) seen.add(TEXT.slots + slot);
            });
            const wanted = new Set<number>();
            order.forEach((key, keyOrder) => {
              for (let keyCell = 0; keyCell < CELLS; keyCell++) {
                if (keyOrder === at && keyCell === cell) continue; // The row's own key, at the end.
                if (!sameRegion(windows[pattern], cell, keyCell)) continue;
                if (!temporalRule(stage, order[at]!, cell, key, keyCell)) continue;
                wanted.add(temporalSlot(TEXT.slots, layout, keyOrder, keyCell));
              }
            });
            expect(seen).toEqual(wanted);
          });
        }
      }
    }
  });
});

it('gives the cells of a region distinct slots within capacity', () => {
  const layouts = patternLayouts(GRID, WINDOWS);
  for (const layout of layouts) {
    const slots = new Set<string>();
    for (let order = 0; order < 5; order++) {
      for (let cell = 0; cell < CELLS; cell++) {
        const slot = temporalSlot(3, layout, order, cell);
        expect(slot).toBeGreaterThanOrEqual(3);
        expect(slot).toBeLessThan(temporalCapacity(3, layouts));
        slots.add(`${layout.region[cell]}:${slot}`);
      }
    }
    expect(slots.size).toBe(5 * CELLS);
  }
});

function textBias(length: number, boost: number): number[] {
  return Array.from({ length: TEXT.slots }, (_, slot) => (slot < length ? boost : MASKED));
}

describe('prefill', () => {
  it.each([
    [0, {}],
    [3, {}],
    [3, { boostTemporal: false }],
    [1, { causal: true }],
  ])('of %i given frames sees what the specification says (%o)', (givenFrames, rules) => {
    const { causal = false, boostTemporal = true }: Partial<PrefillRules> = rules;
    const layouts = patternLayouts(GRID, WINDOWS);
    const { spatial, temporal, rows } = prefillBiases(TEXT, layouts, CELLS, givenFrames, rules);
    expect(rows).toBe(TEXT.slots + givenFrames * CELLS);
    const width = rows + 1;
    const image = (row: number): { frame: number; cell: number } | undefined =>
      row < TEXT.slots
        ? undefined
        : { frame: Math.floor((row - TEXT.slots) / CELLS), cell: (row - TEXT.slots) % CELLS };
    TEXT.lengths.forEach((length, sequence) => {
      for (let row = 0; row < rows; row++) {
        const query = image(row);
        const expected = (window: TemporalWindow | undefined | 'spatial'): number[] =>
          Array.from({ length: rows }, (_, column) => {
            const key = image(column);
            const boost = query && (window === 'spatial' || boostTemporal) ? TEXT.boost : 0;
            if (!key) return column < length ? boost : MASKED;
            if (!query || (causal && column > row)) return MASKED;
            if (window === 'spatial') return key.frame === query.frame ? 0 : MASKED;
            return sameRegion(window, query.cell, key.cell) ? 0 : MASKED;
          });
        const at = (sequence * rows + row) * width;
        expect([...spatial.subarray(at, at + width)]).toEqual([MASKED, ...expected('spatial')]);
        WINDOWS.forEach((window, pattern) => {
          const begin = ((pattern * TEXT.lengths.length + sequence) * rows + row) * width;
          const bias = [...temporal.subarray(begin, begin + width)];
          expect(bias).toEqual([MASKED, ...expected(window)]);
        });
      }
    });
  });

  it('positions follow the temporal slot and count padding text slots', () => {
    const positions = prefillPositions(2, 10, CELLS, [0, 2, 4]);
    expect([...positions.subarray(0, 3)]).toEqual([0, 1, 10]);
    expect(positions[2 + CELLS]).toBe(imagePosition(10, CELLS, 2, 0));
    expect(positions.at(-1)).toBe(10 + 5 * CELLS - 1);
  });
});
