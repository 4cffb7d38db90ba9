/** What a decode step cannot do without: operations, and bytes that it must read and write. */
import {
  patternLayouts,
  spatialCapacity,
  temporalCapacity,
} from '../../../workers/sampling/visibility';
import type { Roofline, StepManifest, StepWork } from './stepTypes';

const FLOAT_BYTES = 4;

export interface StepCost {
  /** Multiplications and additions of matrix products and attention. */
  operations: number;
  /** Weights, as the float32 matrices that a run multiplies with, and caches. */
  bytes: number;
}

/** @param matrixValues numbers in the matrices that every step multiplies with. */
export function stepCost(manifest: StepManifest, work: StepWork, matrixValues: number): StepCost {
  const { layers, hidden } = manifest.architecture;
  const windows =
    work.stage === 'keyframes' ? manifest.keyframeWindows : manifest.interpolationWindows;
  const sequences = work.texts.length;
  const slots = Math.max(1, ...work.texts.map((text) => text.length));
  const columns =
    spatialCapacity(slots, manifest.grid ** 2) +
    temporalCapacity(slots, patternLayouts(manifest.grid, windows)) +
    2;
  // Keys and values of every column, each `hidden` numbers a layer: one product with each.
  const cached = 2 * layers * sequences * columns * hidden;
  return {
    operations: 2 * sequences * matrixValues + 2 * cached,
    bytes: FLOAT_BYTES * (matrixValues + cached),
  };
}

/** Bytes of all caches of a batch: the spatial one, and one for every region of the windows. */
export function cacheBytes(manifest: StepManifest, work: StepWork): number {
  const { layers, hidden } = manifest.architecture;
  const windows =
    work.stage === 'keyframes' ? manifest.keyframeWindows : manifest.interpolationWindows;
  const layouts = patternLayouts(manifest.grid, windows);
  const slots = Math.max(1, ...work.texts.map((text) => text.length));
  const temporal = temporalCapacity(slots, layouts);
  let rows = 0;
  for (let layer = 0; layer < layers; layer++) {
    const regions = layouts[layer % layouts.length]!.sizes.length;
    rows += spatialCapacity(slots, manifest.grid ** 2) + regions * temporal;
  }
  return 2 * FLOAT_BYTES * work.texts.length * rows * hidden;
}

/** Milliseconds below which a step cannot come on a machine with that roofline. */
export function stepFloors(
  cost: StepCost,
  roofline: Roofline,
): { operations: number; bytes: number } {
  return {
    operations: (1000 * cost.operations) / roofline.operationsPerSecond,
    bytes: (1000 * cost.bytes) / roofline.bytesPerSecond,
  };
}
