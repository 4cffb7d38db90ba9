import { loop, once, economical } from '../clipSpec';
import type { SubjectSpec } from '../subjectSpec';
import { FRONTS } from './clipSets';

/** Small animals, each with a rig of its own. */
export const CRITTERS: readonly SubjectSpec[] = [
  {
    id: 'frog',
    kind: 'critter',
    file: 'easy_enemies_pack/Frog.glb',
    fit: 'width',
    size: 38,
    root: 'Body',
    towards: 30,
    colours: { Green: '#58b83a', Yellow: '#f4e08a', Red: '#e0483a', Black: '#141414' },
    coat: { materials: ['Green'], colour: 'green' },
    clips: economical(
      {
        idle: loop('Frog_Idle'),
        hop: loop('Frog_Jump'),
        jump: once('Frog_Jump', 12),
        attack: once('Frog_Attack', 12),
        fall: once('Frog_Death', 12, { shift: 9 }),
      },
      FRONTS,
    ),
  },
  {
    id: 'rat',
    kind: 'critter',
    file: 'easy_enemies_pack/Rat.glb',
    fit: 'width',
    size: 48,
    root: 'Body',
    colours: { Grey: '#8c8894', Pink: '#f4a8a8' },
    coat: { materials: ['Grey'], colour: 'gray' },
    clips: economical(
      {
        idle: loop('Rat_Idle'),
        walk: loop('Rat_Walk'),
        run: loop('Rat_Run'),
        jump: once('Rat_Jump', 12),
        attack: once('Rat_Attack', 12),
        fall: once('Rat_Death', 12),
      },
      FRONTS,
    ),
  },
  {
    id: 'snake',
    kind: 'critter',
    file: 'easy_enemies_pack/Snake.glb',
    fit: 'width',
    size: 40,
    root: 'Body',
    towards: 30,
    colours: {
      DarkGreen: '#2f9a5a',
      LightGreen: '#8ed88a',
      Red: '#e83a3a',
      Teeth: '#fff8e8',
      Purple: '#6a2a4a',
      Yellow: '#ffd02a',
      DarkRed: '#a82828',
    },
    coat: { materials: ['DarkGreen', 'LightGreen'], colour: 'green' },
    clips: economical(
      {
        idle: loop('Snake_Idle'),
        walk: loop('Snake_Walk'),
        jump: once('Snake_Jump', 12),
        attack: once('Snake_Attack', 12),
      },
      FRONTS,
    ),
  },
  {
    id: 'spider',
    kind: 'critter',
    file: 'easy_enemies_pack/Spider.glb',
    fit: 'width',
    size: 54,
    root: 'Body',
    towards: 40,
    colours: { Material: '#4a4458', 'Material.001': '#f03a3a' },
    coat: { materials: ['Material'], colour: 'black' },
    clips: economical(
      {
        idle: loop('Spider_Idle'),
        walk: loop('Spider_Walk'),
        jump: once('Spider_Jump', 12),
        attack: once('Spider_Attack', 12),
        fall: once('Spider_Death', 12),
      },
      FRONTS,
    ),
  },
];
