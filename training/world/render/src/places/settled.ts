import type { Random } from '../random';
import { FOOT_ROW, SUMMER } from './handMade';
import { band, box, ellipse, polygon, prop, type Place, type Prop, type Shape } from './layout';
import { clouds, hills, single, spots, standInRow, variants } from './rules';

const ALL = [1, 2, 3, 4, 5];
const trees = variants('CommonTree', ALL, 28, 38);
const bushes = variants('Bush', [1, 2], 8, 12);

const HOUSES = ['House1', 'House2'].map((name) => single(`buildings/${name}.glb`, 28, 34));
const village: Place = {
  id: 'village',
  colours: {
    ...SUMMER,
    Grey: '#e0745a',
    DarkGrey: '#8a4a3a',
    Brown: '#9a6a40',
    White: '#fffaf0',
  },
  layouts: [],
  more(random) {
    const horizon = random.pick([46, 48, 50]);
    const houses = random.whole(2, 3);
    return {
      shapes: [
        band(0, horizon, random.pick(['#9cd8ff', '#aee0ff', '#8ccef8'])),
        ...clouds(random, 20),
        ...hills(random, horizon, ['#7cc45e', '#8acc6a']),
        band(horizon, 96, random.pick(['#9ad464', '#90cc5c', '#a6dc72'])),
        polygon('#e2cf9e', [30, 96], [random.between(40, 56), horizon + 8], [70, 96]),
        band(76, 84, '#e2cf9e'),
        ...spots(random, horizon + 6, ['#82c250', '#b4e484'], random.whole(5, 10)),
      ],
      props: [
        ...Array.from({ length: houses }, (_, i) => cottage(random, (i + 0.5) * (96 / houses), horizon)),
        ...standInRow(random, trees, random.whole(0, 2), horizon, 0),
        ...standInRow(random, bushes, random.whole(0, 2), horizon, 10),
      ],
      footRow: FOOT_ROW,
    };
  },
};

function cottage(random: Random, x: number, horizon: number): Prop {
  const { file, from, to } = random.pick(HOUSES);
  const y = horizon + random.whole(6, 10);
  const turn = random.pick([-30, -15, 0, 15, 30]);
  return prop(file, Math.round(x + random.between(-5, 5)), y, random.whole(from, to), turn);
}

const CROPS = [
  single('crops_pack/Corn_4.glb', 12, 15),
  single('crops_pack/Wheat_4.glb', 9, 12),
  single('crops_pack/Pumpkin_4.glb', 6, 8),
];
const farm: Place = {
  id: 'farm',
  colours: {
    ...SUMMER,
    Yellow: '#f4cc3c',
    Orange: '#f08a24',
    DarkGreen2: '#4c9a3c',
    Green: '#62b84e',
    DarkGreen: '#3f8f46',
  },
  layouts: [],
  more(random) {
    const horizon = random.pick([46, 48, 50]);
    const crop = random.pick(CROPS);
    const barnX = random.pick([random.whole(4, 14), random.whole(50, 62)]);
    const row = (down: number): Prop[] => standInRow(random, [crop], 8, horizon, down);
    return {
      shapes: [
        band(0, horizon, random.pick(['#a2dcff', '#b2e2ff', '#90d2fa'])),
        ...clouds(random, 20),
        ...hills(random, horizon, ['#a6cc62', '#d8cc74', '#8cc45c']),
        band(horizon, 96, random.pick(['#a2d860', '#98d058', '#aee06c'])),
        ...barn(barnX, horizon + 5),
        band(horizon + 8, horizon + 20, '#a87848'),
        ...fence(horizon + 22),
      ],
      props: [...row(5), ...row(11)],
      footRow: FOOT_ROW + 4,
    };
  },
};

/** A red barn whose foot stands on row `y`. */
function barn(x: number, y: number): Shape[] {
  return [
    box(x, y - 22, 32, 22, '#c8382e'),
    polygon('#8a4a3a', [x - 3, y - 21], [x + 5, y - 33], [x + 27, y - 33], [x + 35, y - 21]),
    polygon('#d8483c', [x + 1, y - 21], [x + 7, y - 30], [x + 25, y - 30], [x + 31, y - 21]),
    box(x + 10, y - 14, 12, 14, '#fff4e4'),
    box(x + 11.5, y - 12.5, 9, 12.5, '#8a2a24'),
    box(x + 13, y - 27, 6, 5, '#fff4e4'),
  ];
}

function fence(y: number): Shape[] {
  const posts = Array.from({ length: 9 }, (_, i) => box(i * 12 + 1, y - 6, 2, 8, '#e8d8bc'));
  return [box(0, y - 4, 96, 1.5, '#e8d8bc'), box(0, y - 1, 96, 1.5, '#d8c4a4'), ...posts];
}

const chairTurns = [-40, 30];
const room: Place = {
  id: 'room',
  colours: {
    Red: '#4a8ad0',
    DarkRed: '#3a70b4',
    Wood: '#b07840',
  },
  layouts: [],
  more(random) {
    const floor = random.pick([54, 56, 58]);
    const wall = random.pick(['#f6e4c4', '#d8e8d4', '#e6daf0', '#f4d4cc', '#d4e4f2']);
    const couchX = random.pick([22, 74]);
    const chair = single('house_interior/Chair_1.glb', 20, 24);
    return {
      shapes: [
        band(0, floor, wall),
        band(floor - 3, floor, '#fffaf0'),
        band(floor, 96, random.pick(['#c8946a', '#b8845c', '#d0a078'])),
        ...windowAt(random.whole(32, 44), 10, 26, 24),
        ellipse(48, 82, 38, 9, random.pick(['#e86a5a', '#5aa8a0', '#7a7ac8', '#e8b04a'])),
      ],
      props: [
        prop('house_interior/Couch_Large1.glb', couchX, floor + 6, 20),
        prop(chair.file, 96 - couchX, floor + 4, random.whole(chair.from, chair.to), random.pick(chairTurns)),
      ],
      footRow: FOOT_ROW + 2,
    };
  },
};

function windowAt(x: number, y: number, width: number, height: number): Shape[] {
  return [
    box(x - 2, y - 2, width + 4, height + 4, '#fffaf0'),
    box(x, y, width, height, '#a8dcfa'),
    box(x + width / 2 - 1, y, 2, height, '#fffaf0'),
    box(x, y + height / 2 - 1, width, 2, '#fffaf0'),
  ];
}

const road: Place = {
  id: 'road',
  colours: SUMMER,
  layouts: [],
  more(random) {
    const horizon = random.pick([44, 46, 48, 50]);
    const dashes = Array.from({ length: 5 }, (_, i) => box(i * 22 - 4, 82, 12, 2.5, '#fdf6d8'));
    return {
      shapes: [
        band(0, horizon, random.pick(['#98d6ff', '#aadeff', '#8accf8'])),
        ...clouds(random, 22),
        ...hills(random, horizon, ['#8cc45c', '#a6c868', '#7ab65a']),
        band(horizon, 96, random.pick(['#a4d468', '#b6d476', '#96c860'])),
        ...spots(random, horizon + 3, ['#8cc052', '#c4e48a'], random.whole(4, 8)),
        band(68, 95, '#70757f'),
        band(69, 70.5, '#f6f4ec'),
        band(93, 94.5, '#f6f4ec'),
        ...dashes,
      ],
      props: [
        ...standInRow(random, trees, random.whole(0, 3), horizon, 2),
        ...standInRow(random, bushes, random.whole(1, 3), horizon, 8),
      ],
      footRow: 84,
    };
  },
};

const park: Place = {
  id: 'park',
  colours: { ...SUMMER, Green: '#58bc4c', Yellow: '#ffd84a', Cyan: '#f06a9a' },
  layouts: [],
  more(random) {
    const horizon = random.pick([44, 46, 48]);
    return {
      shapes: [
        band(0, horizon, random.pick(['#a8e0ff', '#b6e6ff', '#9adafa'])),
        ...clouds(random, 18),
        // A town shows behind the trees.
        ...Array.from({ length: random.whole(3, 5) }, (_, i) => {
          const top = random.between(horizon - 22, horizon - 8);
          return box(i * 22 + random.between(-6, 6), top, 14, horizon - top, '#c4d4e6');
        }),
        band(horizon, 96, random.pick(['#9ada62', '#8ed058', '#a8e070'])),
        ellipse(random.between(24, 72), horizon + 10, 22, 4, '#6cbcf0'),
        band(70, 86, '#ead9b4'),
        ...bench(random.pick([12, 60]), 70),
      ],
      props: [
        ...standInRow(random, variants('CommonTree', ALL, 30, 40), random.whole(2, 3), horizon),
        ...standInRow(random, [single('nature_pack/Flowers.glb', 7, 9)], random.whole(2, 5), horizon, 13),
      ],
      footRow: FOOT_ROW,
    };
  },
};

function bench(x: number, y: number): Shape[] {
  const wood = '#a8683a';
  return [
    box(x, y - 11, 22, 2, wood),
    box(x, y - 8, 22, 2, wood),
    box(x - 1, y - 5, 24, 2.5, '#b87844'),
    box(x + 1, y - 3, 2, 5, '#5a5e68'),
    box(x + 19, y - 3, 2, 5, '#5a5e68'),
  ];
}

/** Places that people made. */
export const SETTLED_PLACES: readonly Place[] = [village, farm, room, road, park];
