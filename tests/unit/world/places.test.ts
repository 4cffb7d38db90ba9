import { describe, expect, it } from 'vitest';
import { layoutsOf, PLACES } from '../../../training/world/render/src/places';

const HAND_MADE = [
  'meadow',
  'forest',
  'autumn',
  'desert',
  'snow',
  'street',
  'lake',
  'night',
  'underwater',
];

describe('layoutsOf', () => {
  it('gives the hand-made layouts first, however many are asked for', () => {
    for (const place of PLACES.filter(({ id }) => HAND_MADE.includes(id))) {
      expect(place.layouts).toHaveLength(4);
      expect(layoutsOf(place, 24).slice(0, 4)).toEqual(place.layouts);
    }
  });

  it('makes the same layout for the same number, and another one for the next', () => {
    for (const place of PLACES) {
      const [first, again] = [layoutsOf(place, 24), layoutsOf(place, 24)];
      expect(again).toEqual(first);
      expect(layoutsOf(place, 8)).toEqual(first.slice(0, 8));
      const different = new Set(first.map((layout) => JSON.stringify(layout)));
      expect(different.size).toBe(24);
    }
  });

  it('keeps feet, water and mouths in the picture', () => {
    for (const place of PLACES) {
      for (const { footRow, waterRow = footRow, drink } of layoutsOf(place, 24)) {
        expect(footRow).toBeGreaterThan(56);
        expect(footRow).toBeLessThan(92);
        expect(waterRow).toBeGreaterThan(40);
        expect(waterRow).toBeLessThan(92);
        if (drink !== undefined) expect(Math.abs(drink.x - 48)).toBeLessThan(24);
      }
    }
  });

  it('hides subjects behind the foreground of some layouts, never of the first four', () => {
    for (const id of ['meadow', 'forest', 'autumn', 'snow', 'desert', 'night']) {
      const place = PLACES.find((candidate) => candidate.id === id);
      if (place === undefined) throw new Error(`There is no place "${id}".`);
      const layouts = layoutsOf(place, 12);
      const hiding = layouts.flatMap(({ front }, index) => (front === undefined ? [] : [index]));
      expect(hiding).toEqual([4, 8]);
      for (const index of hiding) {
        const { footRow, front } = layouts[index] ?? {};
        expect(front?.row).toBeGreaterThan(footRow ?? Infinity);
      }
    }
  });
});
