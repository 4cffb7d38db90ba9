import type { Random } from '../random';
import { FOOT_ROW, house, lakeLayout, mesa, road } from './handMade';
import { band, ellipse, prop, type Layout, type Place, type Prop, type Shape } from './layout';
import {
  clouds,
  hidingPlace,
  hills,
  single,
  spots,
  standInRow,
  variants,
  type Scenery,
} from './rules';

type Rule = Place['more'];

const ALL = [1, 2, 3, 4, 5];
const trees = variants('CommonTree', ALL, 32, 46);
const bushes = variants('Bush', [1, 2], 9, 14);
const pines = variants('PineTree', ALL, 36, 50);
const birches = variants('BirchTree', ALL, 36, 48);
const flowers = [single('nature_pack/Flowers.glb', 6, 9)];
const rocks = variants('Rock', ALL, 7, 13);

const tallBushes = variants('Bush', [1, 2], 72, 78);
const lowBushes = variants('Bush', [1, 2], 24, 32);

/** Every fourth of the layouts beyond those made by hand has something to hide behind. */
const front = (
  random: Random,
  index: number,
  tall: readonly Scenery[],
  low: readonly Scenery[],
): Pick<Layout, 'front'> => (index % 4 === 0 ? { front: hidingPlace(random, tall, low) } : {});

const horizonOf = (random: Random): number => random.pick([44, 46, 48, 50, 52]);

function sunOrNot(random: Random): Shape[] {
  if (!random.chance(0.6)) return [];
  const size = random.between(6, 9);
  return [ellipse(random.between(10, 86), random.between(10, 20), size, size, '#ffe873')];
}

const meadow: Rule = (random, index) => {
  const horizon = horizonOf(random);
  return {
    shapes: [
      band(0, horizon, random.pick(['#8ccfff', '#9fd8ff', '#7cc4f8'])),
      ...sunOrNot(random),
      ...clouds(random, 26),
      ...hills(random, horizon, ['#7cc45e', '#6ab85a', '#8acc6a']),
      band(horizon, 96, random.pick(['#92d65c', '#88cc54', '#9edc68'])),
      ...spots(random, horizon + 4, ['#7fc64e', '#a6e272'], random.whole(6, 14)),
    ],
    props: [
      ...standInRow(random, trees, random.whole(1, 3), horizon),
      ...standInRow(random, bushes, random.whole(0, 3), horizon, 5),
      ...standInRow(random, flowers, random.whole(0, 4), horizon, 12),
    ],
    footRow: FOOT_ROW,
    ...front(random, index, tallBushes, lowBushes),
  };
};

const forest: Rule = (random, index) => {
  const horizon = horizonOf(random);
  const far = [...variants('PineTree', ALL, 30, 38), ...variants('CommonTree', ALL, 28, 36)];
  return {
    shapes: [
      band(0, 24, random.pick(['#bfe8e0', '#c8ecd8', '#b4e0dc'])),
      band(24, horizon, '#8fcfa0'),
      band(horizon, 96, random.pick(['#a5d272', '#9aca68', '#aed87c'])),
      ...spots(random, horizon + 4, ['#8fbf60', '#b8e088'], random.whole(6, 12)),
    ],
    props: [
      ...standInRow(random, far, random.whole(3, 5), horizon - 2, 0),
      ...standInRow(random, [...pines, ...trees, ...birches], random.whole(3, 5), horizon),
      ...standInRow(random, bushes, random.whole(0, 2), horizon, 6),
    ],
    footRow: FOOT_ROW,
    ...front(random, index, tallBushes, lowBushes),
  };
};

const autumn: Rule = (random, index) => {
  const horizon = horizonOf(random);
  const leafy = [
    ...variants('CommonTree_Autumn', ALL, 34, 46),
    ...variants('BirchTree_Autumn', ALL, 36, 46),
    ...variants('PineTree_Autumn', ALL, 34, 44),
  ];
  return {
    shapes: [
      band(0, horizon, random.pick(['#cfe9f7', '#d8ecf2', '#c4e0f4'])),
      ...clouds(random, 22),
      band(horizon - 8, horizon, '#e9d79a'),
      band(horizon, 96, random.pick(['#e3cf7e', '#dcc470', '#e8d58c'])),
      ...spots(random, horizon + 4, ['#e8902c', '#d85a30', '#f0b040'], random.whole(10, 20)),
    ],
    props: standInRow(random, leafy, random.whole(2, 4), horizon),
    footRow: FOOT_ROW,
    ...front(random, index, variants('CommonTree_Autumn', ALL, 76, 86), [
      ...variants('Bush', [1, 2], 34, 44),
    ]),
  };
};

const desert: Rule = (random, index) => {
  const horizon = horizonOf(random);
  const dunes = Array.from({ length: random.whole(1, 2) }, () =>
    ellipse(random.between(0, 96), horizon + 6, random.between(36, 60), 16, '#f0c078'),
  );
  const cacti = variants('Cactus', ALL, 18, 36);
  return {
    shapes: [
      band(0, horizon, random.pick(['#aee0ff', '#bde6ff', '#a0d8fa'])),
      ...sunOrNot(random),
      ...(random.chance(0.5) ? mesa(random.whole(8, 72)) : []),
      ...dunes,
      band(horizon, 96, random.pick(['#f6dc98', '#f2d48c', '#fae4a8'])),
      ...spots(random, horizon + 4, ['#ecca80', '#fcebb8'], random.whole(6, 12)),
    ],
    props: [
      ...standInRow(random, cacti, random.whole(1, 3), horizon),
      ...standInRow(random, rocks, random.whole(0, 2), horizon, 6),
    ],
    footRow: FOOT_ROW,
    ...front(random, index, variants('Rock', ALL, 72, 78), variants('Rock', ALL, 26, 34)),
  };
};

const snow: Rule = (random, index) => {
  const horizon = horizonOf(random);
  const white = [
    ...variants('PineTree_Snow', ALL, 34, 46),
    ...variants('CommonTree_Snow', ALL, 32, 42),
    ...variants('BirchTree_Snow', ALL, 34, 44),
  ];
  return {
    shapes: [
      band(0, horizon, random.pick(['#a9cdf0', '#b4d6f2', '#9cc4ec'])),
      ...clouds(random, 22, '#e8f2fc'),
      ...hills(random, horizon, ['#cfe2f6', '#c2daf2']),
      band(horizon, 96, random.pick(['#e2eefb', '#eaf3fc', '#dae9f8'])),
      ...spots(random, horizon + 4, ['#cfe0f2', '#f6faff'], random.whole(6, 12)),
    ],
    props: [
      ...standInRow(random, white, random.whole(1, 4), horizon),
      ...standInRow(random, variants('Rock_Snow', ALL, 8, 14), random.whole(0, 2), horizon, 6),
    ],
    footRow: FOOT_ROW,
    ...front(random, index, variants('Bush_Snow', [1, 2], 72, 78), [
      ...variants('Rock_Snow', ALL, 26, 34),
    ]),
  };
};

const WALLS = ['#e8a58c', '#a9c6e8', '#f0cf8c', '#e0a0a8', '#b8d8a8', '#cdb4e0', '#f0e0c8'];
const street: Rule = (random) => {
  const houses: Shape[] = [];
  const gaps: Prop[] = [];
  for (let x = random.pick([-16, -8, 0]); x < 96; ) {
    const width = random.pick([32, 40]);
    houses.push(...house(x, random.pick([8, 16, 24]), width, random.pick(WALLS)));
    x += width + random.pick([0, 0, 16]);
    if (random.chance(0.4)) gaps.push(...treeAt(random, x - 6));
  }
  return {
    shapes: [band(0, 56, random.pick(['#a6dcff', '#b4e2ff', '#98d2fa'])), ...houses, ...road],
    props: gaps,
    footRow: FOOT_ROW,
  };
};

function treeAt(random: Random, x: number): Prop[] {
  const { file, from, to } = random.pick(variants('CommonTree', ALL, 30, 38));
  return [prop(file, x, 58, random.whole(from, to), random.whole(0, 359))];
}

const lake: Rule = (random) => {
  const isRight = random.chance(0.5);
  const willows = [...variants('Willow', ALL, 34, 42), ...trees];
  const layout = lakeLayout(random.pick([36, 38, 40]), isRight, random.whole(10, 86), [
    ...standInRow(random, willows, random.whole(1, 3), 48),
    ...standInRow(random, bushes, random.whole(0, 2), 48, 5),
  ]);
  return { ...layout, shapes: [...layout.shapes.slice(0, 1), ...clouds(random, 26), ...layout.shapes.slice(1)] };
};

const night: Rule = (random, index) => {
  const horizon = horizonOf(random);
  const stars = Array.from({ length: random.whole(8, 18) }, () =>
    ellipse(random.between(0, 96), random.between(2, horizon - 14), 0.6, 0.6, '#dfe6ff'),
  );
  return {
    shapes: [
      band(0, horizon, random.pick(['#34468f', '#2e3f86', '#3c4f9a'])),
      ...stars,
      ellipse(random.between(10, 86), random.between(12, 20), 8, 8, '#fff6c8'),
      ...hills(random, horizon, ['#33678a', '#2e5f84']),
      band(horizon, 96, random.pick(['#3f8290', '#397a8a', '#458a94'])),
      ...spots(random, horizon + 4, ['#38747f', '#4a909c'], random.whole(5, 10)),
    ],
    props: [
      ...standInRow(random, [...trees, ...pines], random.whole(1, 3), horizon),
      ...standInRow(random, bushes, random.whole(0, 2), horizon, 5),
    ],
    footRow: FOOT_ROW,
    ...front(random, index, tallBushes, lowBushes),
  };
};

const underwater: Rule = (random) => {
  const sand = random.pick([78, 80, 82]);
  const weeds = [...variants('Plant', [1, 3, 4], 14, 26), ...rocks];
  const bubbles = Array.from({ length: random.whole(0, 8) }, () => {
    const size = random.between(0.6, 1.6);
    return ellipse(random.between(4, 92), random.between(6, 70), size, size, '#a8dcf8');
  });
  return {
    shapes: [
      band(0, 32, '#58bdf0'),
      band(32, 64, '#3fa6e4'),
      band(64, sand, '#3394d8'),
      ...(random.chance(0.5) ? [ellipse(random.between(0, 96), sand + 2, 26, 14, '#7fa4e0')] : []),
      ...bubbles,
      band(sand, 96, random.pick(['#f0dfa4', '#ead694', '#f4e6b4'])),
      ...spots(random, sand + 3, ['#dcc888', '#fbf0c8'], random.whole(4, 9)),
    ],
    props: standInRow(random, weeds, random.whole(2, 4), sand, 1),
    footRow: FOOT_ROW,
  };
};

/** Rules for more layouts of the places that have hand-made ones. */
export const MORE_LAYOUTS = {
  meadow,
  forest,
  autumn,
  desert,
  snow,
  street,
  lake,
  night,
  underwater,
} as const satisfies Record<string, Rule>;
