/** In how many passes the stages draw. */
import { expect, it } from 'vitest';
import type { ModelManifest } from '../../../src/shared/manifest';
import {
  CELL_BY_CELL,
  keyFrameLagOn,
  passesOfRound,
  passesOn,
} from '../../../workers/runtime/passesOn';
import type { StagePasses } from '../../../workers/runtime/passesOn';

const device = {} as GPUDevice;
const sampling = { keyFramePasses: 6, interpolationPasses: 8 } as ModelManifest['sampling'];

/** Of key frames and of the first three rounds. */
const stages = (passes: StagePasses): number[] => [
  passes.keyframes,
  ...[1, 2, 3].map((round) => passesOfRound(passes, round)),
];

it('are those of the package on a device, and those of the first round in main memory', () => {
  expect(stages(passesOn({ device }, { sampling }))).toEqual([6, 8, 8, 8]);
  expect(stages(passesOn({}, { sampling }))).toEqual([0, 8, 0, 0]);
  const between = { ...sampling };
  delete between.keyFramePasses;
  expect(stages(passesOn({ device }, { sampling: between }))).toEqual([0, 8, 8, 8]);
  const none = {} as ModelManifest['sampling'];
  expect(stages(passesOn({}, { sampling: none }))).toEqual([0, 0, 0, 0]);
  expect(stages(CELL_BY_CELL)).toEqual([0, 0, 0, 0]);
});

it('trail by the lag of the package on a device, and come one after the other in main memory', () => {
  expect(keyFrameLagOn({ device }, { sampling: { ...sampling, keyFrameLag: 5 } })).toBe(5);
  expect(keyFrameLagOn({ device }, { sampling })).toBe(0);
  expect(keyFrameLagOn({}, { sampling: { ...sampling, keyFrameLag: 5 } })).toBe(0);
});
