import type { BillboardSpec, Coat2d, Role } from './billboardSpec';

type Options = Partial<Pick<BillboardSpec, 'facing' | 'fit' | 'coat' | 'cutBelow'>>;

const of =
  (role: Role, facing: BillboardSpec['facing'] = 'left') =>
  (id: string, art: string, size: number, options: Options = {}): BillboardSpec => ({
    id,
    art,
    role,
    facing,
    fit: 'height',
    size,
    ...options,
  });

const creature = of('creature');
const swimmer = of('swimmer');
const flyer = of('flyer');
const vehicle = of('vehicle');
const boat = of('boat');
const prop = of('prop', 'front');
const food = of('food', 'front');
const plant = of('plant', 'front');

const wide = { fit: 'width' } as const;
const front = { facing: 'front' } as const;
const upRight = { facing: 'right' } as const;
const coat = (hue: number, spread: number, colour: Coat2d['colour']): { coat: Coat2d } => ({
  coat: { hue, spread, colour },
});
const RED = coat(352, 32, 'red');

/** Flat pictures of Fluent Emoji: what the 3D packs lack. */
export const BILLBOARDS: readonly BillboardSpec[] = [
  creature('elephant', '1f418', 56),
  creature('giraffe', '1f992', 68),
  creature('kangaroo', '1f998', 46),
  creature('camel', '1f42a', 52),
  creature('penguin', '1f427', 36, front),
  creature('rabbit', '1f407', 30),
  creature('cat', '1f408', 34),
  creature('black_cat', '1f408-200d-2b1b', 34),
  creature('pig', '1f416', 36, coat(345, 30, 'pink')),
  creature('monkey', '1f412', 38),
  creature('gorilla', '1f98d', 48),
  creature('rhinoceros', '1f98f', 44),
  creature('hippopotamus', '1f99b', 42),
  creature('turtle', '1f422', 40, wide),
  creature('duck', '1f986', 32),
  creature('rooster', '1f413', 34),
  creature('owl', '1f989', 34, front),
  creature('parrot', '1f99c', 36),
  creature('flamingo', '1f9a9', 48, coat(345, 35, 'pink')),
  creature('peacock', '1f99a', 42, front),
  creature('bird', '1f426', 28, RED),
  creature('chick', '1f424', 24, coat(45, 25, 'yellow')),
  creature('hedgehog', '1f994', 36, wide),
  creature('squirrel', '1f43f-fe0f', 32),
  creature('crab', '1f980', 38, { ...wide, ...front, ...RED }),
  creature('snail', '1f40c', 34, wide),
  creature('caterpillar', '1f41b', 36, { ...wide, ...coat(160, 40, 'green') }),
  creature('ladybug', '1f41e', 26, { ...front, ...RED }),
  creature('snowman', '26c4', 44, front),

  swimmer('fish', '1f41f', 40, { ...wide, ...coat(208, 30, 'blue') }),
  swimmer('tropical_fish', '1f420', 42, wide),
  swimmer('octopus', '1f419', 42, { ...front, ...coat(15, 30, 'orange') }),
  swimmer('squid', '1f991', 48, { ...front, ...coat(310, 35, 'pink') }),
  swimmer('jellyfish', '1fabc', 44, { ...front, ...coat(225, 40, 'blue') }),
  swimmer('lobster', '1f99e', 42, { ...front, ...RED }),
  swimmer('swan', '1f9a2', 40),

  flyer('eagle', '1f985', 46, wide),
  flyer('dove', '1f54a-fe0f', 40, wide),
  flyer('butterfly', '1f98b', 36, { ...wide, ...front, ...coat(10, 28, 'orange') }),
  flyer('bee', '1f41d', 34, wide),
  flyer('bat', '1f987', 40, { ...wide, ...front }),
  flyer('rocket', '1f680', 48, upRight),
  flyer('helicopter', '1f681', 54, { ...wide, ...coat(25, 30, 'orange') }),
  flyer('flying_saucer', '1f6f8', 48, { ...wide, ...front }),
  flyer('airplane', '2708-fe0f', 54, { ...wide, ...upRight }),
  flyer('small_airplane', '1f6e9-fe0f', 50, { ...wide, ...upRight, ...RED }),
  flyer('parachute', '1fa82', 46, front),

  vehicle('bus', '1f68c', 66, wide),
  vehicle('fire_truck', '1f692', 66, { ...wide, ...RED }),
  vehicle('ambulance', '1f691', 58, wide),
  vehicle('tractor', '1f69c', 50, { ...wide, ...coat(150, 40, 'green') }),
  vehicle('truck', '1f69a', 62, wide),
  vehicle('race_car', '1f3ce-fe0f', 58, { ...wide, ...RED }),
  vehicle('motorcycle', '1f3cd-fe0f', 46, { ...wide, ...RED }),
  vehicle('bicycle', '1f6b2', 48, { ...wide, ...RED }),
  vehicle('scooter', '1f6f4', 40, coat(205, 35, 'blue')),
  vehicle('steam_train', '1f682', 60, wide),
  vehicle('tram', '1f68b', 56),

  // The pictures have water painted below the hull, which the compositor draws itself.
  boat('sailboat', '26f5', 48, { cutBelow: 0.2 }),
  boat('speedboat', '1f6a4', 54, { ...wide, cutBelow: 0.34, ...RED }),

  prop('soccer_ball', '26bd', 18, { coat: { colour: 'white' } }),
  prop('basketball', '1f3c0', 18, coat(28, 25, 'orange')),
  prop('balloon', '1f388', 34, coat(340, 60, 'red')),
  prop('umbrella', '2602-fe0f', 32, coat(255, 45, 'purple')),
  prop('kite', '1fa81', 34),
  prop('gift_box', '1f381', 24, RED),
  prop('key', '1f511', 22),
  prop('chair', '1fa91', 34, coat(8, 30, 'brown')),
  prop('candle', '1f56f-fe0f', 26),
  prop('bell', '1f514', 24),
  prop('teapot', '1fad6', 24, RED),
  prop('star', '2b50', 26, coat(42, 25, 'yellow')),
  prop('house', '1f3e0', 52),
  prop('castle', '1f3f0', 60),
  prop('tent', '26fa', 44, coat(135, 40, 'green')),

  food('red_apple', '1f34e', 18),
  food('green_apple', '1f34f', 18),
  food('banana', '1f34c', 20),
  food('watermelon', '1f349', 22),
  food('carrot', '1f955', 22),
  food('hamburger', '1f354', 22),
  food('pizza', '1f355', 22),
  food('cake', '1f382', 26),
  food('milk', '1f95b', 22),
  food('coffee', '2615', 20),

  plant('evergreen_tree', '1f332', 54),
  plant('tree', '1f333', 56),
  plant('palm_tree', '1f334', 54),
  plant('cactus', '1f335', 42),
  plant('sunflower', '1f33b', 40),
  plant('tulip', '1f337', 34, coat(310, 40, 'pink')),
  plant('rose', '1f339', 34, RED),
  plant('mushroom', '1f344', 30, RED),
  plant('seedling', '1f331', 26),
];
