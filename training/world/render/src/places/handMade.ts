import { band, box, ellipse, prop, type Layout, type Place, type Prop, type Shape } from './layout';

export const FOOT_ROW = 80;
/** Final pixel row where sky meets ground: a border between two rows of picture tokens. */
const HORIZON = 48;

/** A place without its rule for more layouts. */
export type HandMade = Omit<Place, 'more'>;

const tree = (name: string) => (x: number, height: number, y = 54, turn = 0): Prop =>
  prop(`nature_pack/${name}.glb`, x, y, height, turn);

const common1 = tree('CommonTree_1');
const common3 = tree('CommonTree_3');
const common4 = tree('CommonTree_4');
const bush = tree('Bush_1');
const pine1 = tree('PineTree_1');
const pine3 = tree('PineTree_3');
const willow = tree('Willow_2');
const autumn1 = tree('CommonTree_Autumn_1');
const autumn4 = tree('CommonTree_Autumn_4');
const autumnPine = tree('PineTree_Autumn_2');
const snowPine1 = tree('PineTree_Snow_1');
const snowPine3 = tree('PineTree_Snow_3');
const snowTree = tree('CommonTree_Snow_1');
const snowRock = tree('Rock_Snow_2');
const cactus1 = tree('Cactus_1');
const cactus3 = tree('Cactus_3');
const rock1 = tree('Rock_1');
const rock5 = tree('Rock_5');
const plant = tree('Plant_3');

const plain = (shapes: readonly Shape[], props: readonly Prop[]): Layout => ({
  shapes,
  props,
  footRow: FOOT_ROW,
});

export const SUMMER = { Wood: '#a5744c', Green: '#4fb548', DarkGreen: '#3f9f50', Rock: '#b4bac6' };

const meadowGround = (hillX: number): Shape[] => [
  band(0, HORIZON, '#8ccfff'),
  ellipse(hillX, HORIZON + 4, 44, 16, '#7cc45e'),
  band(HORIZON, 96, '#92d65c'),
];
const sun = (x: number): Shape => ellipse(x, 16, 8, 8, '#ffe873');

const meadow: HandMade = {
  id: 'meadow',
  colours: SUMMER,
  layouts: [
    plain([...meadowGround(70), sun(24)], [common1(80, 40), bush(12, 10)]),
    plain([...meadowGround(24), sun(72)], [common4(16, 42), bush(84, 10)]),
    plain([...meadowGround(48), sun(48)], [common3(12, 38), common1(84, 36)]),
    plain([...meadowGround(80), sun(12)], [common4(48, 36), bush(84, 10), bush(12, 9)]),
  ],
};

const forestGround: Shape[] = [
  band(0, 24, '#bfe8e0'),
  band(24, HORIZON, '#8fcfa0'),
  band(HORIZON, 96, '#a5d272'),
];
const FOREST = { Wood: '#8e6a4a', Green: '#3d9a4a', DarkGreen: '#2f8448' };
const forest: HandMade = {
  id: 'forest',
  colours: FOREST,
  layouts: [
    plain(forestGround, [pine1(10, 46), pine3(30, 40, 52), pine1(52, 44, 50), pine3(72, 44), pine1(90, 48)]),
    plain(forestGround, [common4(10, 46), pine1(32, 44, 52), common1(56, 42, 50), pine3(86, 48)]),
    plain(forestGround, [pine3(8, 48), common3(28, 42, 50), pine1(68, 42, 50), common4(88, 46)]),
    plain(forestGround, [pine1(20, 48), pine1(44, 40, 50), pine3(64, 46, 52), common1(88, 44)]),
  ],
};

const autumnGround: Shape[] = [
  band(0, HORIZON, '#cfe9f7'),
  band(40, HORIZON, '#e9d79a'),
  band(HORIZON, 96, '#e3cf7e'),
];
const AUTUMN = {
  Wood: '#9a6a4a',
  Orange: '#f0802a',
  LightOrange: '#f8b040',
  Red: '#d84a30',
  Green: '#e0602c',
  DarkGreen: '#d04a28',
};
const autumn: HandMade = {
  id: 'autumn',
  colours: AUTUMN,
  layouts: [
    plain(autumnGround, [autumn1(14, 44), autumn4(82, 40)]),
    plain(autumnGround, [autumn4(20, 44), autumnPine(58, 36, 50), autumn1(86, 42)]),
    plain(autumnGround, [autumn1(48, 44), autumnPine(10, 40), autumnPine(88, 40)]),
    plain(autumnGround, [autumn4(76, 46), autumn1(34, 36, 50), autumnPine(8, 38)]),
  ],
};

const desertGround = (duneX: number): Shape[] => [
  band(0, HORIZON, '#aee0ff'),
  ellipse(duneX, HORIZON + 6, 52, 18, '#f0c078'),
  band(HORIZON, 96, '#f6dc98'),
];
/** A table mountain. */
export const mesa = (x: number): Shape[] => [
  box(x, 24, 24, 24, '#e39a6c'),
  box(x - 4, 36, 32, 12, '#d98a5c'),
];
const desert: HandMade = {
  id: 'desert',
  colours: { Green: '#3fae58', LightOrange: '#ff9a5a', Rock: '#d9a070' },
  layouts: [
    plain([...desertGround(20), ...mesa(64)], [cactus1(16, 34), cactus3(44, 22, 52)]),
    plain([...desertGround(76), ...mesa(12)], [cactus3(80, 36), cactus1(54, 22, 52)]),
    plain([...desertGround(48), sun(20)], [cactus1(84, 36), cactus3(12, 28)]),
    plain([...desertGround(10), ...mesa(36)], [cactus3(86, 32), cactus1(10, 32)]),
  ],
};

const SNOWY = {
  Wood: '#8f7466',
  Green: '#4fa08a',
  DarkGreen: '#41907e',
  Snow: '#ffffff',
  Rock: '#a9b6cc',
};
const snowGround = (hillX: number): Shape[] => [
  band(0, HORIZON, '#a9cdf0'),
  ellipse(hillX, HORIZON + 4, 46, 18, '#cfe2f6'),
  band(HORIZON, 96, '#e2eefb'),
];
const snow: HandMade = {
  id: 'snow',
  colours: SNOWY,
  layouts: [
    plain(snowGround(24), [snowPine1(80, 44), snowRock(12, 12)]),
    plain(snowGround(72), [snowPine3(14, 44), snowPine1(40, 34, 50)]),
    plain(snowGround(48), [snowPine1(10, 42), snowPine3(86, 44)]),
    plain(snowGround(10), [snowTree(30, 38), snowPine3(84, 42)]),
  ],
};

/** A house with rows of windows on the 8-pixel raster. */
export const house = (x: number, top: number, width: number, wall: string): Shape[] => {
  const shapes: Shape[] = [box(x, top, width, 56 - top, wall), box(x, top, width, 3, '#f4efe4')];
  for (let row = top + 8; row + 8 <= 56; row += 16) {
    for (let column = x + 4; column + 8 <= x + width; column += 12) {
      shapes.push(box(column, row, 6, 8, '#dff2ff'));
    }
  }
  return shapes;
};
export const road: Shape[] = [
  band(56, 64, '#d9d7d2'),
  band(64, 96, '#8b919c'),
  ...[0, 24, 48, 72].map((x) => box(x + 4, 88, 16, 3, '#f5f3ea')),
];
const street: HandMade = {
  id: 'street',
  colours: SUMMER,
  layouts: [
    plain([band(0, 56, '#a6dcff'), ...house(0, 16, 40, '#e8a58c'), ...house(56, 24, 40, '#a9c6e8'), ...road], [common4(48, 34, 58)]),
    plain([band(0, 56, '#a6dcff'), ...house(0, 24, 40, '#f0cf8c'), ...house(40, 8, 32, '#e0a0a8'), ...road], [common1(84, 36, 58)]),
    plain([band(0, 56, '#a6dcff'), ...house(24, 16, 40, '#b8d8a8'), ...house(64, 24, 32, '#f0cf8c'), ...road], [common4(12, 36, 58)]),
    plain([band(0, 56, '#a6dcff'), ...house(0, 8, 32, '#a9c6e8'), ...house(64, 16, 32, '#e8a58c'), ...road], [common1(48, 36, 58)]),
  ],
};

/**
 * A pond whose right edge lies at `edge` on the foot line; `mirror` puts it on the right. Passers-by
 * walk in front of it.
 */
export function lakeLayout(
  edge: number,
  mirror: boolean,
  hillX: number,
  props: readonly Prop[],
): Layout {
  const flip = (x: number): number => (mirror ? 96 - x : x);
  const pond = (grow: number, colour: string): Shape =>
    ellipse(flip(edge - 36), 76, 36 + grow, 9 + grow, colour);
  const drinkX = flip(edge - 4);
  return {
    shapes: [...meadowGround(hillX), pond(2, '#e6dba0'), pond(0, '#3f9fee')],
    props,
    footRow: FOOT_ROW,
    passRow: 90,
    drink: { x: drinkX, facing: mirror ? 'right' : 'left' },
  };
}
const lake: HandMade = {
  id: 'lake',
  colours: SUMMER,
  layouts: [
    lakeLayout(40, false, 70, [willow(14, 40), bush(84, 10)]),
    lakeLayout(40, true, 24, [willow(82, 40), bush(12, 10)]),
    lakeLayout(36, false, 30, [common1(84, 38), willow(40, 34, 50)]),
    lakeLayout(36, true, 60, [common4(14, 40), bush(60, 10)]),
  ],
};

const nightGround = (moonX: number, hillX: number): Shape[] => [
  band(0, HORIZON, '#34468f'),
  ellipse(moonX, 16, 8, 8, '#fff6c8'),
  ellipse(hillX, HORIZON + 4, 44, 16, '#33678a'),
  band(HORIZON, 96, '#3f8290'),
];
const night: HandMade = {
  id: 'night',
  colours: { Wood: '#5a5f86', Green: '#2f7086', DarkGreen: '#2a6480', Rock: '#6a7aa8' },
  layouts: [
    plain(nightGround(24, 70), [common1(80, 40), bush(12, 10)]),
    plain(nightGround(72, 24), [common4(16, 42), bush(84, 10)]),
    plain(nightGround(48, 48), [pine1(12, 40), common1(84, 36)]),
    plain(nightGround(12, 80), [common4(50, 36), pine3(88, 40)]),
  ],
};

const seaWater: Shape[] = [
  band(0, 32, '#58bdf0'),
  band(32, 64, '#3fa6e4'),
  band(64, 80, '#3394d8'),
  band(80, 96, '#f0dfa4'),
];
const underwater: HandMade = {
  id: 'underwater',
  colours: { Rock: '#8f8ad0', Green: '#3fc08a', DarkGreen: '#2fae84', Black: '#e070a0' },
  layouts: [
    plain(seaWater, [rock1(14, 22, 84), plant(84, 22, 84)]),
    plain(seaWater, [rock5(80, 24, 84), plant(16, 22, 84)]),
    plain(seaWater, [rock5(12, 18, 84), rock1(88, 24, 84), plant(32, 18, 84)]),
    plain([...seaWater, ellipse(76, 82, 24, 14, '#7fa4e0'), band(84, 96, '#f0dfa4')], [plant(12, 24, 84)]),
  ],
};

export const HAND_MADE = {
  meadow,
  forest,
  autumn,
  desert,
  snow,
  street,
  lake,
  night,
  underwater,
} as const;
