import { loop, once, type ClipSet } from '../clipSpec';
import type { Rig } from '../gestures';

const SIDE = { yaws: ['right'] } as const;
/** Clips of which new subjects are also seen from the front. */
export const FRONTS = ['idle', 'walk', 'sit', 'cheer', 'wave', 'dance', 'drink_mug', 'clap'];

const lie = once('Idle', 8, {
  gesture: 'settle',
  seconds: 1.6,
  grounded: true,
  from: 0,
  to: 0.05,
  ...SIDE,
});

export const canine: ClipSet = {
  idle: loop('Idle'),
  walk: loop('Walk'),
  run: loop('Gallop'),
  jump: once('Gallop_Jump', 12, { lift: 1.6 }),
  eat: once('Eating'),
  attack: once('Attack', 12),
  lie,
  fall: once('Death', 10, { grounded: true, ...SIDE }),
};

export const hoofed: ClipSet = {
  ...canine,
  jump: once('Gallop_Jump', 12, { lift: 1.3 }),
  attack: once('Attack_Headbutt', 12),
};

/** Legs of the four-footed rig, with the turns that fold them under the body. */
const leg = (side: 'L' | 'R', isFront: boolean): NonNullable<Rig['legs']>[number] =>
  isFront
    ? {
        joints: [
          [`FrontUpperLeg${side}`, 62],
          [`FrontLowerLeg${side}`, -148],
        ],
        foot: `IKFrontLeg${side}`,
      }
    : {
        joints: [
          [`BackLeg${side}`, -52],
          [`BackUpperLeg${side}`, 100],
          [`BackLowerLeg${side}`, -130],
        ],
        foot: `IKBackLeg${side}`,
      };

export const fourLegs: Rig = {
  legs: [leg('L', true), leg('R', true), leg('L', false), leg('R', false)],
};

// The source's leap stays on the ground (games move the body themselves), so one is added.
export const person: ClipSet = {
  idle: loop('Idle'),
  walk: loop('Walking_A'),
  run: loop('Running_A'),
  jump: once('Jump_Full_Long', 16, { leap: { height: 16, from: 0.22, to: 0.72 } }),
  attack: once('Unarmed_Melee_Attack_Kick', 12),
  sit: once('Sit_Floor_Down', 12),
  cheer: once('Cheer', 12),
  lie: once('Lie_Down', 12, SIDE),
  fall: once('Death_A', 10, {
    shift: 12,
    cutBelowGround: true,
    ...SIDE,
  }),
  wave: once('Idle', 12, { gesture: 'wave', seconds: 1.8 }),
  dance: loop('Idle', { gesture: 'dance', seconds: 1.4 }),
  pickup: once('PickUp', 10, SIDE),
  drink_mug: once('Use_Item', 12, { holding: true }),
  kick: once('Unarmed_Melee_Attack_Kick', 12, SIDE),
  throw: once('Throw', 10, SIDE),
};

export const kaykitRig: Rig = {
  upperArms: ['upperarml', 'upperarmr'],
  lowerArms: ['lowerarml', 'lowerarmr'],
  reach: 62,
  spine: 'spine',
};

/** `landed` is the second at which the leap has ended. */
export const dinosaur = (name: string, landed: number, death = `${name}_Death`): ClipSet => ({
  idle: loop(`${name}_Idle`),
  walk: loop(`${name}_Walk`),
  run: loop(`${name}_Run`),
  jump: once(`${name}_Jump`, 12, { to: landed }),
  attack: once(`${name}_Attack`, 12),
  fall: once(death, 10, SIDE),
});

export const fish: ClipSet = {
  idle: loop('Swimming_Normal', SIDE),
  swim: loop('Swimming_Fast', SIDE),
  attack: once('Attack', 12, SIDE),
};

export const vehicle: ClipSet = {
  idle: { phases: 1, loop: true },
  drive: { phases: 1, loop: true },
};

const rocking = { phases: 12, loop: true, gesture: 'rock', seconds: 3, ...SIDE } as const;
export const boat: ClipSet = { idle: rocking, sail: rocking };
