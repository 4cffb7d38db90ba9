/** What a decode step cannot do without: operations, and bytes that it must read and write. */
import { maskedRows, maskedTemporalSlots } from '../../../workers/sampling/maskedVisibility';
import {
  patternLayouts,
  spatialCapacity,
  temporalCapacity,
  temporalSlot,
} from '../../../workers/sampling/visibility';
import type { RegionLayout } from '../../../workers/sampling/visibility';
import type { Roofline, StepManifest, StepWork } from './stepTypes';

const FLOAT_BYTES = 4;

export interface StepCost {
  /** Multiplications and additions of matrix products and attention. */
  operations: number;
  /** Weights, as the float32 matrices that a run multiplies with, and what it sees of the caches. */
  bytes: number;
}

/** @param matrixValues numbers in the matrices that every step multiplies with. */
export function stepCost(manifest: StepManifest, work: StepWork, matrixValues: number): StepCost {
  const { hidden } = manifest.architecture;
  const sequences = work.texts.length;
  const { rows, columns } = stepShape(manifest, work);
  // Keys and values of every column, each `hidden` numbers: one product with each.
  const cached = 2 * sequences * columns * hidden;
  return {
    operations: rows * (2 * sequences * matrixValues + 2 * cached),
    bytes: FLOAT_BYTES * (matrixValues + cached),
  };
}

/** Rows of a sequence in one step, and the columns of both channels of all layers that each of them
 *  looks at. */
function stepShape(manifest: StepManifest, work: StepWork): { rows: number; columns: number } {
  const { layers } = manifest.architecture;
  if (work.passes === undefined) return { rows: 1, columns: meanColumns(manifest, work) };
  const cells = manifest.grid ** 2;
  const rows = work.stage === 'keyframes' ? cells : maskedRows(cells);
  const columns = textSlots(work) + finishedSlots(manifest, work) + 2 * rows;
  return { rows, columns: layers * columns };
}

/** Columns of all layers that a cell sees, itself included, on average over the drawn cells. */
function meanColumns(manifest: StepManifest, work: StepWork): number {
  const slots = textSlots(work);
  const layouts = layoutsOf(manifest, work);
  const cells = manifest.grid ** 2;
  const given = work.given[0]!.length;
  const frames = work.drawn[0]!.length;
  let seen = 0;
  for (let layer = 0; layer < manifest.architecture.layers; layer++) {
    const layout = layouts[layer % layouts.length]!;
    for (let order = given; order < given + frames; order++) {
      for (let cell = 0; cell < cells; cell++) {
        seen += slots + cell + 1;
        seen += temporalSlot(slots, layout, order, cell) + 1;
      }
    }
  }
  return seen / (frames * cells);
}

function layoutsOf(manifest: StepManifest, { stage }: StepWork): RegionLayout[] {
  const { grid, keyframeWindows, interpolationWindows } = manifest;
  return patternLayouts(grid, stage === 'keyframes' ? keyframeWindows : interpolationWindows);
}

/** Of the temporal channel, before a pass: text and given frames. */
function finishedSlots({ grid }: StepManifest, work: StepWork): number {
  return maskedTemporalSlots(textSlots(work), grid ** 2, work.given[0]!.length);
}

function textSlots({ texts }: StepWork): number {
  return Math.max(1, ...texts.map((text) => text.length));
}

/** Bytes of all caches of a batch: the spatial one, and one for every region of the windows, or,
 *  for passes, one of text and given frames. */
export function cacheBytes(manifest: StepManifest, work: StepWork): number {
  const { layers, hidden } = manifest.architecture;
  const slots = textSlots(work);
  const slotBytes = 2 * FLOAT_BYTES * work.texts.length * hidden;
  if (work.passes !== undefined) {
    return slotBytes * layers * (slots + finishedSlots(manifest, work));
  }
  const layouts = layoutsOf(manifest, work);
  const temporal = temporalCapacity(slots, layouts);
  let rows = 0;
  for (let layer = 0; layer < layers; layer++) {
    const regions = layouts[layer % layouts.length]!.sizes.length;
    rows += spatialCapacity(slots, manifest.grid ** 2) + regions * temporal;
  }
  return slotBytes * rows;
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
