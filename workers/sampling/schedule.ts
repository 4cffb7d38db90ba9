/**
 * Which frame is drawn when. Slots count frames at the finest rate of the job: with R rounds the
 * clip has 4 * 2^R + 1 slots, and key frame i sits at slot i * 2^R.
 */
import type { ModelManifest, RateManifest } from '../../src/shared/manifest';

/** Frames of one window, in both stages. */
export const WINDOW_FRAMES = 5;

/** Order in which a stage's frames enter the caches, as frame slots within the window. */
export const KEYFRAME_ORDER = [0, 1, 2, 3, 4] as const;
export const INTERPOLATION_ORDER = [0, 2, 4, 1, 3] as const;

/** The first entries of INTERPOLATION_ORDER are given; the others are drawn. */
export const GIVEN_FRAMES = 3;

/** One interpolation window: where its five frames lie in the clip. */
export interface RoundWindow {
  /** Clip slots of window frames 0..4; frames 0, 2 and 4 exist, 1 and 3 are drawn. */
  slots: [number, number, number, number, number];
}

/** Frames of a clip after `rounds` interpolation rounds. */
export function clipFrames(rounds: number): number {
  return 4 * 2 ** rounds + 1;
}

/** Clip slot of key frame `index` (0..4). */
export function keyFrameSlot(index: number, rounds: number): number {
  return index * 2 ** rounds;
}

/** Clip slots of the five key frames. */
export function keyFrameSlots(rounds: number): number[] {
  return KEYFRAME_ORDER.map((index) => keyFrameSlot(index, rounds));
}

/** The windows of round `round` (1..rounds), neighbours sharing one frame. */
export function roundWindows(round: number, rounds: number): RoundWindow[] {
  const spacing = 2 ** (rounds - round);
  const windows = 2 ** round;
  return Array.from({ length: windows }, (_, window) => {
    const first = window * 4 * spacing;
    return {
      slots: [
        first,
        first + spacing,
        first + 2 * spacing,
        first + 3 * spacing,
        first + 4 * spacing,
      ],
    };
  });
}

/** Decode steps of a job, per stage: each step draws one cell of every sequence of its batch. */
export function stepCounts(rounds: number, cells: number): { keyframes: number; round: number } {
  return { keyframes: WINDOW_FRAMES * cells, round: rounds > 0 ? 2 * cells : 0 };
}

/** Cells drawn in the whole job, all rounds, with the key frames drawn `candidates` times. */
export function jobCells(rounds: number, cells: number, candidates = 1): number {
  return (clipFrames(rounds) + (candidates - 1) * WINDOW_FRAMES) * cells;
}

/** Cells drawn in round `round` (1..): two frames in each window. */
export function roundCells(round: number, cells: number): number {
  return 2 ** round * 2 * cells;
}

/**
 * The rate whose duration text announces a window at `framesPerSecond`. A round may ask for a rate
 * that was never trained (key frames at 4 fps, third round: 32 fps); the nearest trained one stands
 * in, since a motion at the finest trained step is the closest thing that the model knows.
 */
export function nearestRate(manifest: ModelManifest, framesPerSecond: number): RateManifest {
  const distance = (rate: RateManifest): number =>
    Math.abs(Math.log2(rate.framesPerSecond / framesPerSecond));
  return manifest.rates.reduce((best, rate) => (distance(rate) < distance(best) ? rate : best));
}
