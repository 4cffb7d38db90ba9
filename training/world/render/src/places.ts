import { HAND_MADE } from './places/handMade';
import type { Layout, Place } from './places/layout';
import { MORE_LAYOUTS } from './places/moreLayouts';
import { SETTLED_PLACES } from './places/settled';
import { WATER_PLACES } from './places/waters';
import { WILD_PLACES } from './places/wild';
import { Random } from './random';

const names = Object.keys(HAND_MADE) as (keyof typeof HAND_MADE)[];

export const PLACES: readonly Place[] = [
  ...names.map((name) => ({ ...HAND_MADE[name], more: MORE_LAYOUTS[name] })),
  ...WILD_PLACES,
  ...WATER_PLACES,
  ...SETTLED_PLACES,
];

/** The first `count` layouts: those made by hand, then as many by rule as it takes. */
export function layoutsOf(place: Place, count: number): Layout[] {
  return Array.from(
    { length: count },
    (_, index) => place.layouts[index] ?? place.more(new Random(place.id, index), index),
  );
}
