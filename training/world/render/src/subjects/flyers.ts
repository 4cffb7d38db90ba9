import { loop, once } from '../clipSpec';
import type { SubjectSpec } from '../subjectSpec';

const SIDE = { yaws: ['right'] } as const;

export const FLYERS: readonly SubjectSpec[] = [
  {
    id: 'wasp',
    kind: 'flyer',
    file: 'easy_enemies_pack/Wasp.glb',
    fit: 'width',
    size: 42,
    root: 'Body',
    towards: 25,
    colours: { Yellow: '#ffc926', Black: '#26221c', Orange: '#f08020', LightBlue: '#d4f0ff' },
    coat: { materials: ['Yellow'], colour: 'yellow' },
    clips: {
      idle: loop('Wasp_Flying', SIDE),
      fly: loop('Wasp_Flying', SIDE),
      attack: once('Wasp_Attack', 12, SIDE),
    },
  },
  {
    id: 'dragon',
    kind: 'flyer',
    file: 'fbx/Dragon.fbx',
    fit: 'width',
    size: 66,
    root: 'Root',
    towards: 30,
    colours: {
      Main: '#c8342c',
      Wings: '#8a2030',
      Belly: '#f4c860',
      Claws: '#fff4dc',
      Eyes: '#101010',
    },
    coat: { materials: ['Main', 'Wings'], colour: 'red' },
    clips: {
      idle: loop('Dragon_Flying', SIDE),
      fly: loop('Dragon_Flying', SIDE),
      attack: once('Dragon_Attack', 12, SIDE),
    },
  },
];
