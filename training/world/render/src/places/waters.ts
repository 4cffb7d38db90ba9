import type { Random } from '../random';
import { SUMMER } from './handMade';
import { band, box, ellipse, prop, type Place, type Prop, type Shape } from './layout';
import { clouds, hills, spots, standInRow, variants } from './rules';

const trees = [
  ...variants('CommonTree', [1, 2, 3, 4, 5], 22, 30),
  ...variants('Willow', [1, 2, 3, 4, 5], 22, 28),
];
const palms = variants('PalmTree', [1, 2, 3, 4], 34, 46);

const beach: Place = {
  id: 'beach',
  colours: { ...SUMMER, Coconuts: '#7a4c2c', Wood: '#b08454', Rock: '#b8b0a8' },
  layouts: [],
  more(random) {
    const horizon = random.pick([38, 40, 42]);
    const shore = horizon + random.whole(18, 22);
    return {
      shapes: [
        band(0, horizon, random.pick(['#8fd4ff', '#a4dcff', '#7ccaf8'])),
        ...(random.chance(0.6) ? [ellipse(random.between(12, 84), 14, 8, 8, '#ffe873')] : []),
        ...clouds(random, 22),
        band(horizon, horizon + 8, '#2f9fe0'),
        band(horizon + 8, shore - 3, '#49b8ea'),
        ...waves(random, horizon + 3, shore - 5, 8),
        band(shore - 3, shore, '#f4fbff'),
        band(shore, 96, random.pick(['#f6e2a8', '#f2da9a', '#faeab8'])),
        ...spots(random, shore + 4, ['#e8cf90', '#fff4cc', '#f0b8a0'], random.whole(6, 12)),
      ],
      props: [
        ...atTheSides(random, shore),
        ...standInRow(random, variants('Rock', [1, 2, 3, 4, 5], 5, 9), random.whole(0, 2), shore, 3),
      ],
      footRow: 84,
      waterRow: horizon + 14,
    };
  },
};

/** One or two palms, away from the middle. */
function atTheSides(random: Random, row: number): Prop[] {
  const palm = (x: number): Prop => {
    const { file, from, to } = random.pick(palms);
    return prop(file, x, row + random.whole(3, 8), random.whole(from, to), random.whole(0, 359));
  };
  const [left, right] = [random.whole(6, 18), random.whole(78, 90)];
  return random.chance(0.4) ? [palm(left), palm(right)] : [palm(random.pick([left, right]))];
}

/** Short bright lines on the water. */
function waves(random: Random, from: number, to: number, count: number): Shape[] {
  return Array.from({ length: count }, () => {
    const width = random.between(5, 12);
    return box(random.between(-4, 92), random.between(from, to), width, 0.8, '#9cdcfa');
  });
}

const sea: Place = {
  id: 'sea',
  colours: { ...SUMMER, Coconuts: '#7a4c2c', Wood: '#b08454' },
  layouts: [],
  more(random) {
    const horizon = random.pick([40, 42, 44, 46]);
    const blues = random.pick([
      ['#2f8fdc', '#2580d0', '#1f72c2'],
      ['#2a9ad8', '#228cc8', '#1c7eb8'],
      ['#3a86d6', '#2f78c8', '#286cba'],
    ]);
    return {
      shapes: [
        band(0, horizon, random.pick(['#a6dcff', '#b8e4ff', '#94d0fa'])),
        ...(random.chance(0.6) ? [ellipse(random.between(12, 84), 16, 8, 8, '#ffe873')] : []),
        ...clouds(random, 26),
        ...(random.chance(0.4) ? island(random, horizon) : []),
        band(horizon, horizon + 10, blues[0] ?? ''),
        band(horizon + 10, 76, blues[1] ?? ''),
        band(76, 96, blues[2] ?? ''),
        ...waves(random, horizon + 4, 94, random.whole(14, 22)),
      ],
      props: [],
      footRow: 72,
      waterRow: 72,
    };
  },
};

function island(random: Random, horizon: number): Shape[] {
  const x = random.between(10, 86);
  return [
    ellipse(x, horizon + 1, random.between(9, 15), 5, '#f0dca0'),
    ellipse(x - 2, horizon - 2, 7, 4, '#6cb85c'),
  ];
}

const river: Place = {
  id: 'river',
  colours: { ...SUMMER, Rock: '#b0b4bc' },
  layouts: [],
  more(random) {
    const horizon = random.pick([40, 42, 44]);
    const far = horizon + random.whole(5, 7);
    const near = far + random.whole(14, 17);
    return {
      shapes: [
        band(0, horizon, random.pick(['#94d4ff', '#a6dcff', '#86caf6'])),
        ...clouds(random, 20),
        ...hills(random, horizon, ['#7cc45e', '#6ab85a', '#8acc6a']),
        band(horizon, far, '#84c858'),
        band(far, near, random.pick(['#3f9fe8', '#4aa8e4', '#3a94da'])),
        ...waves(random, far + 2, near - 3, random.whole(6, 10)),
        band(near, near + 2.5, '#e2d3a0'),
        band(near + 2.5, 96, random.pick(['#92d65c', '#88cc54', '#9edc68'])),
        ...spots(random, near + 6, ['#7fc64e', '#a6e272'], random.whole(4, 10)),
      ],
      props: [
        ...standInRow(random, trees, random.whole(1, 3), horizon, 0),
        ...standInRow(random, variants('Rock', [1, 2, 3, 4, 5], 5, 9), random.whole(1, 3), near, 0),
      ],
      footRow: 84,
      waterRow: Math.round((far + near) / 2) + 3,
    };
  },
};

/** Places at or on the water. */
export const WATER_PLACES: readonly Place[] = [beach, sea, river];
