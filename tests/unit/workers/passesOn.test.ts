/** In how many passes the stages draw. */
import { expect, it } from 'vitest';
import type { ModelManifest } from '../../../src/shared/manifest';
import { CELL_BY_CELL, keyFrameLagOn, passesOn } from '../../../workers/runtime/passesOn';

const device = {} as GPUDevice;
const sampling = { keyFramePasses: 6, interpolationPasses: 8 } as ModelManifest['sampling'];

it('are those of the package on a device, and none in main memory', () => {
  expect(passesOn({ device }, { sampling })).toEqual({ keyframes: 6, interpolation: 8 });
  expect(passesOn({}, { sampling })).toEqual(CELL_BY_CELL);
  const between = { ...sampling };
  delete between.keyFramePasses;
  expect(passesOn({ device }, { sampling: between })).toEqual({ keyframes: 0, interpolation: 8 });
});

it('trail by the lag of the package on a device, and come one after the other in main memory', () => {
  expect(keyFrameLagOn({ device }, { sampling: { ...sampling, keyFrameLag: 5 } })).toBe(5);
  expect(keyFrameLagOn({ device }, { sampling })).toBe(0);
  expect(keyFrameLagOn({}, { sampling: { ...sampling, keyFrameLag: 5 } })).toBe(0);
});
