import type { PatternName } from './patterns';

/** One animation clip of an atlas subject. */
export interface ClipSpec {
  /** Name of the source animation (the part after the last "|"); absent for rigid models. */
  readonly source?: string;
  readonly phases: number;
  readonly loop: boolean;
  /** Part of the source clip in seconds; the whole clip when absent. */
  readonly from?: number;
  readonly to?: number;
  /** Multiplies the height that the body gains in a leap (1 when absent), to stay in the cell. */
  readonly lift?: number;
  /** Adds a leap of `height` final pixels between two shares (0..1) of the clip. */
  readonly leap?: { readonly height: number; readonly from: number; readonly to: number };
}

export interface SubjectSpec {
  readonly id: string;
  readonly file: string;
  /** Which extent of the side view is made `size` final pixels. */
  readonly fit: 'width' | 'height';
  readonly size: number;
  /** Turns the model (degrees about the vertical) so that it faces the camera. */
  readonly turn?: number;
  /** Material name -> colour. "*" is every other material. */
  readonly colours?: Readonly<Record<string, string>>;
  /** Multiplies red, green and blue of textured models. */
  readonly gain?: readonly [number, number, number];
  /** Degrees that the side view is turned towards the camera (18 when absent). */
  readonly towards?: number;
  readonly pattern?: { name: PatternName; colour: string; materials: readonly string[] };
  readonly mane?: boolean;
  /** Meshes that are not drawn. */
  readonly hidden?: readonly string[];
  /** Bone whose horizontal drift is taken out, so that every clip runs on the spot. */
  readonly root?: string;
  readonly clips: Readonly<Record<string, ClipSpec>>;
}

const loop = (source: string): ClipSpec => ({ source, phases: 12, loop: true });
const once = (source: string, phases = 16, more: Partial<ClipSpec> = {}): ClipSpec => ({
  source,
  phases,
  loop: false,
  ...more,
});

const canine = {
  idle: loop('Idle'),
  walk: loop('Walk'),
  run: loop('Gallop'),
  jump: once('Gallop_Jump', 12, { lift: 1.6 }),
  eat: once('Eating'),
  attack: once('Attack', 12),
} as const;
const hoofed = {
  ...canine,
  jump: once('Gallop_Jump', 12, { lift: 1.3 }),
  attack: once('Attack_Headbutt', 12),
} as const;
// The source's leap stays on the ground (games move the body themselves), so one is added.
const person = {
  idle: loop('Idle'),
  walk: loop('Walking_A'),
  run: loop('Running_A'),
  jump: once('Jump_Full_Long', 16, { leap: { height: 16, from: 0.22, to: 0.72 } }),
  attack: once('Unarmed_Melee_Attack_Kick', 12),
  sit: once('Sit_Floor_Down', 12),
  cheer: once('Cheer', 12),
} as const;
const dinosaur = (name: string, landed: number): Record<string, ClipSpec> => ({
  idle: loop(`${name}_Idle`),
  walk: loop(`${name}_Walk`),
  run: loop(`${name}_Run`),
  jump: once(`${name}_Jump`, 12, { to: landed }),
  attack: once(`${name}_Attack`, 12),
});
const vehicle = {
  idle: { phases: 1, loop: true },
  drive: { phases: 1, loop: true },
} as const;

const animals: readonly SubjectSpec[] = [
  {
    id: 'lion',
    file: 'animals_pack/Wolf.glb',
    fit: 'width',
    size: 64,
    root: 'Body',
    mane: true,
    colours: { Main: '#eaa93a', Main_Light: '#ffe2a0', Eyes_Black: '#201008', Nose: '#3a1c10' },
    clips: canine,
  },
  {
    id: 'zebra',
    file: 'animals_pack/Horse_White.glb',
    fit: 'width',
    size: 56,
    root: 'Body',
    colours: { '*': '#fbfbf7', Hair: '#1c1c20', Muzzle: '#2a2a2e', Hooves: '#2a2a2e', Eye_Black: '#101014' },
    pattern: { name: 'stripes', colour: '#17171b', materials: ['Main', 'Main_Light'] },
    clips: hoofed,
  },
  {
    id: 'cow',
    file: 'animals_pack/Cow.glb',
    fit: 'width',
    size: 62,
    root: 'Body',
    colours: {
      '*': '#fdfdfb',
      Muzzle: '#f2a6a0',
      Hooves: '#55504c',
      Horns: '#e6d3a0',
      Eye_Black: '#101010',
    },
    pattern: { name: 'patches', colour: '#1d1d20', materials: ['Main', 'Main_Light'] },
    clips: hoofed,
  },
  {
    id: 'fox',
    file: 'animals_pack/Fox.glb',
    fit: 'width',
    size: 62,
    root: 'Body',
    colours: {
      Main: '#ff6a10',
      Main_Light: '#fff4e4',
      Grey: '#4a3a34',
      Black: '#2c2220',
      Eyes: '#180c08',
    },
    clips: canine,
  },
  {
    id: 'horse',
    file: 'animals_pack/Horse.glb',
    fit: 'width',
    size: 56,
    root: 'Body',
    colours: {
      Main: '#a0521f',
      Main_Dark: '#86401a',
      Main_Light: '#b86a34',
      Hair: '#2c1812',
      Muzzle: '#5c3420',
      Hooves: '#3a2a22',
      Eye_Black: '#100808',
      Eye_White: '#f0f0f0',
    },
    clips: hoofed,
  },
  {
    id: 'stag',
    file: 'animals_pack/Stag.glb',
    fit: 'width',
    size: 54,
    root: 'Body',
    colours: {
      Material: '#cc9a60',
      'Material.001': '#6e4526',
      'Material.003': '#fff0d8',
      'Material.010': '#8a5a34',
      'Material.011': '#140c08',
    },
    clips: hoofed,
  },
];

const others: readonly SubjectSpec[] = [
  {
    id: 'knight',
    file: 'kaykit/Knight.glb',
    fit: 'height',
    size: 56,
    root: 'hips',
    gain: [1.55, 1.6, 1.75],
    towards: 38,
    hidden: [
      '1H_Sword_Offhand',
      'Badge_Shield',
      'Rectangle_Shield',
      'Round_Shield',
      'Spike_Shield',
      '1H_Sword',
      '2H_Sword',
    ],
    clips: person,
  },
  {
    id: 'mage',
    file: 'kaykit/Mage.glb',
    fit: 'height',
    size: 60,
    root: 'hips',
    gain: [1.4, 1.15, 1.65],
    towards: 38,
    hidden: ['Spellbook', 'Spellbook_open', '2H_Staff'],
    clips: { ...person, attack: once('Spellcast_Shoot', 12) },
  },
  {
    id: 'trex',
    file: 'dinosaurs_pack/Trex.glb',
    fit: 'width',
    size: 62,
    root: 'Body',
    colours: {
      Green: '#2fae2f',
      LightGreen: '#9be05a',
      LightYellow: '#fff3c0',
      Black: '#101010',
      Red: '#d8404a',
    },
    clips: dinosaur('TRex', 0.85),
  },
  {
    id: 'triceratops',
    file: 'dinosaurs_pack/Triceratops.glb',
    fit: 'width',
    size: 60,
    root: 'Body',
    colours: { Purple: '#3a6df0', LightBrown: '#9cc4ff', Brown: '#fff0c8' },
    clips: dinosaur('Triceratops', 1.1),
  },
  {
    id: 'clownfish',
    file: 'cute_fish_pack/Clownfish.glb',
    fit: 'width',
    size: 50,
    root: 'Main1',
    colours: {
      Clownfish_Main: '#ff7a14',
      Clownfish_Dark: '#22222a',
      Clownfish_Light: '#ffffff',
      Eyes: '#101010',
    },
    clips: { idle: loop('Swimming_Normal'), swim: loop('Swimming_Fast'), attack: once('Attack', 12) },
  },
  {
    id: 'dolphin',
    file: 'fish_pack/Dolphin.glb',
    fit: 'width',
    size: 68,
    root: 'Root',
    colours: { Top: '#c9d4e4', Bottom: '#ffffff' },
    clips: { idle: loop('Swim'), swim: loop('Swim') },
  },
  {
    id: 'taxi',
    file: 'fbx/Taxi.fbx',
    fit: 'width',
    size: 66,
    turn: 180,
    towards: 10,
    colours: {
      Yellow: '#ffd21a',
      DarkOrange: '#f0a010',
      Black: '#202024',
      Grey: '#8a8c94',
      Windows: '#3a4a60',
      Headlights: '#fff8d8',
      TailLights: '#e02020',
    },
    clips: vehicle,
  },
  {
    id: 'car',
    file: 'fbx/SUV.fbx',
    fit: 'width',
    size: 62,
    turn: 180,
    towards: 10,
    colours: {
      White: '#e8202c',
      Black: '#202024',
      Grey: '#9a9ca4',
      Windows: '#a8d8f4',
      Headlights: '#fff8d8',
      TailLights: '#801010',
    },
    clips: vehicle,
  },
];

export const SUBJECTS: readonly SubjectSpec[] = [...animals, ...others];
