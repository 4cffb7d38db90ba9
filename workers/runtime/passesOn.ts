/** In how many passes each stage draws, where there is a choice. */
import type { ModelManifest } from '../../src/shared/manifest';
import type { OrtRuntime } from './ortRuntime';

/** Passes over the masked cells of a frame or a window; 0: it is drawn cell by cell. */
export interface StagePasses {
  keyframes: number;
  interpolation: number;
  /** Interpolation rounds, from the first, that are drawn in passes; later ones cell by cell. */
  rounds: number;
}

export const CELL_BY_CELL: StagePasses = { keyframes: 0, interpolation: 0, rounds: 0 };

/** The first round has two windows of a clip's many, and decides what happens between key frames. */
const ROUNDS_IN_MEMORY = 1;

/**
 * On a WebGPU device a run costs by its kernels, whether they compute one row or hundreds: there
 * the package's passes, if it has any. In main memory rows cost by themselves, and a pass runs all
 * of a frame's or a window's: there cell by cell, but for the round of which passes complete more
 * actions (docs/evaluation.json beside docs/evaluation-cells.json).
 */
export function passesOn(
  { device }: Pick<OrtRuntime, 'device'>,
  manifest: Pick<ModelManifest, 'sampling'>,
): StagePasses {
  const passes = packagePasses(manifest);
  return device ? passes : { ...passes, keyframes: 0, rounds: ROUNDS_IN_MEMORY };
}

/** In how many passes a round is drawn, counted from 1. */
export function passesOfRound(
  { interpolation, rounds }: Pick<StagePasses, 'interpolation' | 'rounds'>,
  round: number,
): number {
  return round <= rounds ? interpolation : 0;
}

/**
 * Cells by which key frames trail one another when they are drawn in parallel; 0: they are drawn one
 * after the other, as in main memory, where a run costs by its rows.
 */
export function keyFrameLagOn(
  { device }: Pick<OrtRuntime, 'device'>,
  { sampling }: Pick<ModelManifest, 'sampling'>,
): number {
  return device === undefined ? 0 : (sampling.keyFrameLag ?? 0);
}

/** The passes that a package asks for, in all rounds. */
export function packagePasses({ sampling }: Pick<ModelManifest, 'sampling'>): StagePasses {
  const { keyFramePasses = 0, interpolationPasses = 0 } = sampling;
  return { keyframes: keyFramePasses, interpolation: interpolationPasses, rounds: Infinity };
}
