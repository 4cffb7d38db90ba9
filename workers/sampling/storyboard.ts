/** The storyboard of a clip: the stage of its action that each frame shows, as the id that opens it. */
import { clipFrames } from './schedule';

export interface Storyboard {
  /** Flat ids that open the clip's frames, by clip slot [clipFrames(rounds)]. */
  readonly opening: readonly number[];
}

/**
 * A frame opens as the last planned point in time does that is not behind it.
 *
 * @param planned flat ids [points, at least 2], equally far apart, of the whole clip with both ends.
 */
export function storyboardOf(planned: ArrayLike<number>, rounds: number): Storyboard {
  const frames = clipFrames(rounds);
  const point = (slot: number): number => Math.floor((slot * (planned.length - 1)) / (frames - 1));
  return { opening: Array.from({ length: frames }, (_, slot) => planned[point(slot)]!) };
}

/**
 * The ids that open the frames of a batch's sequences, by frame slot: branch b of window w is
 * sequence b * windows + w. Only the first guidance branch is told the storyboard.
 *
 * @param windows clip slots of each window's frames.
 * @param beginOfImage opens the frames of the other branches.
 * @returns nothing without a storyboard.
 */
export function batchOpening(
  storyboard: Storyboard | undefined,
  windows: readonly (readonly number[])[],
  branches: number,
  beginOfImage: number,
): { opening?: number[][] } {
  if (!storyboard) return {};
  const told = windows.map((slots) => slots.map((slot) => storyboard.opening[slot]!));
  const untold = windows.map((slots) => slots.map(() => beginOfImage));
  const opening = Array.from({ length: branches }, (_, branch) => (branch === 0 ? told : untold));
  return { opening: opening.flat() };
}
