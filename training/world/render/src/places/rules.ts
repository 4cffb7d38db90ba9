import type { Random } from '../random';
import { ellipse, polygon, prop, type Foreground, type Prop, type Shape } from './layout';

/** A kind of scenery: its model and how tall it may be, in final pixels. */
export interface Scenery {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

const nature = (name: string, from: number, to: number): Scenery => ({
  file: `nature_pack/${name}.glb`,
  from,
  to,
});

/** Variants of one model, such as Rock_1 to Rock_7. */
export const variants = (
  name: string,
  numbers: readonly number[],
  from: number,
  to: number,
): Scenery[] => numbers.map((number) => nature(`${name}_${number}`, from, to));

export const single = (file: string, from: number, to: number): Scenery => ({ file, from, to });

/**
 * Stands `count` things at about equal distances, the middle of each foot `down` to `down + 6`
 * rows below the horizon. `random` decides how far they are off their places.
 */
export function standInRow(
  random: Random,
  choices: readonly Scenery[],
  count: number,
  horizon: number,
  down = 3,
): Prop[] {
  const width = 96 / Math.max(1, count);
  return Array.from({ length: count }, (_, i) => {
    const { file, from, to } = random.pick(choices);
    const x = (i + random.between(0.2, 0.8)) * width;
    const y = horizon + down + random.whole(0, 6);
    return prop(file, Math.round(x), y, random.whole(from, to), random.whole(0, 359));
  });
}

/** Up to three clouds above row `below`. */
export function clouds(random: Random, below: number, colour = '#ffffff'): Shape[] {
  const count = random.whole(0, 3);
  return Array.from({ length: count }, () => cloud(random, below, colour)).flat();
}

export function cloud(random: Random, below: number, colour: string): Shape[] {
  const x = random.between(6, 90);
  const y = random.between(6, below);
  const size = random.between(4, 7);
  return [
    ellipse(x - size, y, size * 1.1, size * 0.5, colour),
    ellipse(x + size, y, size * 1.2, size * 0.5, colour),
    ellipse(x, y - size * 0.35, size, size * 0.7, colour),
  ];
}

/** One or two hills that rise from behind the ground. */
export function hills(random: Random, horizon: number, colours: readonly string[]): Shape[] {
  return Array.from({ length: random.whole(1, 2) }, () =>
    ellipse(
      random.between(4, 92),
      horizon + 4,
      random.between(30, 52),
      random.between(10, 20),
      random.pick(colours),
    ),
  );
}

/** Small flat spots on the ground between `top` and the bottom of the picture. */
export function spots(
  random: Random,
  top: number,
  colours: readonly string[],
  count: number,
): Shape[] {
  return Array.from({ length: count }, () => {
    const y = random.between(top, 95);
    // Nearer spots are larger.
    const near = (y - top) / (96 - top);
    const rx = (1.5 + 3 * near) * random.between(0.7, 1.4);
    return ellipse(random.between(0, 96), y, rx, 0.5 + 0.7 * near, random.pick(colours));
  });
}

/** A pointed mountain with its top in another colour, such as snow. */
export function peak(
  x: number,
  top: number,
  base: number,
  half: number,
  colours: readonly [body: string, cap: string],
): Shape[] {
  const share = 0.3;
  const capY = top + (base - top) * share;
  return [
    polygon(colours[0], [x - half, base], [x, top], [x + half, base]),
    polygon(
      colours[1],
      [x - half * share, capY],
      [x, top],
      [x + half * share, capY],
      [x + half * share * 0.4, capY - 2],
      [x, capY + 2],
      [x - half * share * 0.4, capY - 2],
    ),
  ];
}

/** Row below which feet must be to stand before the foreground. */
const FRONT_ROW = 90;

/**
 * A thicket or rocks at one side that hide a subject: a tall thing at the picture's edge, which
 * hides who stands upright, and half as tall ones beside it for those on four legs.
 */
export function hidingPlace(
  random: Random,
  tall: readonly Scenery[],
  low: readonly Scenery[],
): Foreground {
  const isLeft = random.chance(0.5);
  const place = (x: number, y: number, { file }: Scenery, from: number, to: number): Prop =>
    prop(file, isLeft ? x : 96 - x, y, random.whole(from, to), random.whole(0, 359));
  const [edge, beside] = [random.pick(tall), random.pick(low)];
  const props = [
    place(9, 93, edge, edge.from, edge.to),
    place(29, 94, beside, 46, 52),
    ...[14, 38].map((x) => {
      const scenery = random.pick(low);
      return place(x, 95, scenery, scenery.from, scenery.to);
    }),
  ];
  return { props, row: FRONT_ROW, hideX: isLeft ? 12 : 84 };
}
