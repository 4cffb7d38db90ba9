import type { Random } from '../random';
import { FOOT_ROW, SUMMER } from './handMade';
import { band, box, ellipse, polygon, type Place, type Shape } from './layout';
import { clouds, hidingPlace, hills, peak, spots, standInRow, variants } from './rules';

const ALL = [1, 2, 3, 4, 5];
/** One of four layouts has something to hide behind. */
const hides = (index: number): boolean => index % 4 === 3;

/** A tree with a flat crown, `height` pixels tall. */
function acacia(x: number, y: number, height: number): Shape[] {
  const top = y - height;
  return [
    polygon('#8a6238', [x - 1.5, y], [x - 1, top + 6], [x + 1, top + 6], [x + 1.5, y]),
    polygon('#8a6238', [x - 0.5, y - height * 0.4], [x - 9, top + 7], [x - 6, top + 7]),
    polygon('#8a6238', [x + 0.5, y - height * 0.45], [x + 8, top + 7], [x + 5, top + 7]),
    ellipse(x, top + 6, height * 0.55, 4, '#6f9a3a'),
    ellipse(x - 3, top + 3.5, height * 0.36, 3.2, '#86b04a'),
  ];
}

const savanna: Place = {
  id: 'savanna',
  colours: { ...SUMMER, Green: '#8fae4a', Rock: '#c0a080', Yellow: '#e8cc70' },
  layouts: [],
  more(random, index) {
    const horizon = random.pick([46, 48, 50, 52]);
    const crowns = Array.from({ length: random.whole(1, 3) }, (_, i) =>
      acacia(random.between(8, 40) + 44 * (i % 2), horizon + random.whole(1, 5), random.whole(18, 34)),
    );
    return {
      shapes: [
        band(0, horizon, random.pick(['#9fd4ee', '#b2dcec', '#ffd9a0'])),
        ellipse(random.between(12, 84), random.between(12, 24), 9, 9, '#fff0b0'),
        band(horizon - 6, horizon, '#f2dca8'),
        band(horizon, 96, random.pick(['#e0bf5c', '#d8b552', '#e6c96c'])),
        ...spots(random, horizon + 4, ['#cda848', '#f0d680', '#b8a850'], random.whole(10, 20)),
        ...crowns.flat(),
      ],
      props: [
        ...standInRow(random, variants('Bush', [1, 2], 6, 10), random.whole(0, 2), horizon, 4),
        ...standInRow(random, variants('Rock', ALL, 6, 10), random.whole(0, 2), horizon, 6),
      ],
      footRow: FOOT_ROW,
      ...(hides(index)
        ? { front: hidingPlace(random, variants('Bush', [1, 2], 72, 78), variants('Rock', ALL, 20, 28)) }
        : {}),
    };
  },
};

const mountain: Place = {
  id: 'mountain',
  colours: { ...SUMMER, Green: '#3f9460', DarkGreen: '#347e54', Rock: '#a4a8b4' },
  layouts: [],
  more(random, index) {
    const horizon = random.pick([54, 56, 58]);
    const bodies = ['#7c88a8', '#8a94b4', '#6e7c9e'];
    const peaks = Array.from({ length: random.whole(2, 3) }, (_, i) => {
      const x = 16 + 32 * i + random.between(-8, 8);
      const colours = [random.pick(bodies), '#f6f8ff'] as const;
      return peak(x, random.between(8, 26), horizon + 2, random.between(26, 36), colours);
    });
    return {
      shapes: [
        band(0, horizon, random.pick(['#bfe0fa', '#cce6f8', '#aed6f6'])),
        ...clouds(random, 16),
        ...peaks.flat(),
        ...hills(random, horizon, ['#7fae74', '#8cb87c']),
        band(horizon, 96, random.pick(['#9cc07c', '#a8c88a', '#8eb472'])),
        ...spots(random, horizon + 4, ['#b0b4ba', '#86aa68', '#c2c6cc'], random.whole(8, 16)),
      ],
      props: [
        ...standInRow(random, variants('PineTree', ALL, 14, 22), random.whole(1, 4), horizon, 0),
        ...standInRow(random, variants('Rock', ALL, 6, 12), random.whole(1, 2), horizon, 4),
      ],
      footRow: FOOT_ROW,
      ...(hides(index)
        ? { front: hidingPlace(random, variants('Rock', ALL, 72, 78), variants('Rock', ALL, 24, 32)) }
        : {}),
    };
  },
};

const moon: Place = {
  id: 'moon',
  colours: { Rock: '#9a9aa8' },
  layouts: [],
  more(random) {
    const horizon = random.pick([48, 50, 52, 54]);
    return {
      shapes: [
        band(0, horizon, '#12142e'),
        ...Array.from({ length: random.whole(14, 28) }, () =>
          ellipse(random.between(0, 96), random.between(1, horizon - 4), 0.6, 0.6, '#e8ecff'),
        ),
        ...earth(random.between(14, 82), random.between(14, 22), random.between(8, 11)),
        ...hills(random, horizon, ['#8c8c98', '#7e7e8c']),
        band(horizon, 96, random.pick(['#b4b4bc', '#aaaab4', '#bebec6'])),
        ...craters(random, horizon),
      ],
      props: standInRow(random, variants('Rock', ALL, 6, 12), random.whole(0, 3), horizon, 4),
      footRow: FOOT_ROW,
    };
  },
};

function earth(x: number, y: number, radius: number): Shape[] {
  return [
    ellipse(x, y, radius, radius, '#3f8ae8'),
    ellipse(x - radius * 0.3, y - radius * 0.3, radius * 0.45, radius * 0.35, '#6cc46a'),
    ellipse(x + radius * 0.35, y + radius * 0.35, radius * 0.35, radius * 0.25, '#6cc46a'),
    ellipse(x + radius * 0.1, y - radius * 0.7, radius * 0.4, radius * 0.15, '#ffffff'),
  ];
}

function craters(random: Random, horizon: number): Shape[] {
  return Array.from({ length: random.whole(4, 8) }, () => {
    const y = random.between(horizon + 4, 94);
    const size = 3 + ((y - horizon) / (96 - horizon)) * random.between(3, 7);
    const x = random.between(0, 96);
    return [
      ellipse(x, y, size, size * 0.35, '#d2d2da'),
      ellipse(x, y + 0.5, size * 0.85, size * 0.26, '#8e8e9a'),
    ];
  }).flat();
}

const sky: Place = {
  id: 'sky',
  colours: {},
  layouts: [],
  more(random) {
    const top = random.pick(['#5aaef4', '#66b6f6', '#4ea4ee']);
    const white = Array.from({ length: random.whole(3, 6) }, () => bigCloud(random));
    return {
      shapes: [
        band(0, 32, top),
        band(32, 64, '#7cc2f8'),
        band(64, 96, '#a4d8fc'),
        ...(random.chance(0.5) ? [ellipse(random.between(10, 86), 16, 8, 8, '#ffe873')] : []),
        ...white.flat(),
      ],
      props: [],
      footRow: 64,
    };
  },
};

function bigCloud(random: Random): Shape[] {
  const size = random.between(6, 12);
  const x = random.between(0, 96);
  const y = random.between(10, 90);
  const colour = random.pick(['#ffffff', '#f0f8ff']);
  return [
    box(x - size, y, size * 2, size * 0.4, colour),
    ellipse(x - size, y, size * 0.7, size * 0.42, colour),
    ellipse(x + size, y, size * 0.8, size * 0.42, colour),
    ellipse(x - size * 0.2, y - size * 0.3, size * 0.8, size * 0.6, colour),
  ];
}

/** Places without people's works. */
export const WILD_PLACES: readonly Place[] = [savanna, mountain, moon, sky];
