/**
 * The frames of a window in parallel: with local temporal windows a cell of a later frame can be
 * drawn before the frames before it are finished. CogVideo's paper describes it under "shifted
 * window attention in auto-regressive generation"; no release has it.
 *
 * A step runs at most one cell of every frame, since a cell's input is the token before it. A cell
 * sees, by fillStepBiases (visibility.ts),
 * - in the spatial channel the cells of its own frame before it;
 * - in the temporal channel of a layer its own region of all frames that entered the caches before,
 *   whole, and the cells of its own frame's region before it.
 *
 * So it can be drawn one step after the last of: its predecessor, and the last cell of its regions
 * (of any pattern) in every frame before.
 */
import type { RegionLayout } from './visibility';

/** One cell of one frame; `order` counts frames as they enter the caches. */
export interface ScheduledCell {
  order: number;
  cell: number;
}

/** Which of a window's frames are there from the start, and how many there are in all. */
export interface WindowFrames {
  given: number;
  frames: number;
}

/**
 * The shortest order of drawing: every cell as soon as all that it sees is drawn.
 *
 * @param layouts one for each window pattern of the layers.
 * @returns the cells of each step, at most one of a frame.
 */
export function wavefrontSchedule(
  layouts: readonly RegionLayout[],
  { given, frames }: WindowFrames,
): ScheduledCell[][] {
  const seen = lastSeenCells(layouts);
  const schedule: ScheduledCell[][] = [];
  /** Step at which each cell of any frame so far is drawn at the latest [cells]. */
  const drawnBy = new Int32Array(seen.length).fill(-1);
  for (let order = given; order < frames; order++) {
    let step = -1;
    for (let cell = 0; cell < seen.length; cell++) {
      // `seen` is never before `cell`, so this frame has not yet overwritten what is read here.
      step = 1 + Math.max(step, drawnBy[seen[cell]!]!);
      (schedule[step] ??= []).push({ order, cell });
      drawnBy[cell] = step;
    }
  }
  return schedule;
}

/** The last cell that each cell sees of the frames before [cells]. */
export function lastSeenCells(layouts: readonly RegionLayout[]): Int32Array {
  const lastOfRegions = layouts.map(({ region, sizes }) => {
    const last = new Int32Array(sizes.length);
    region.forEach((id, cell) => (last[id] = cell));
    return last;
  });
  const cells = layouts[0]!.region.length;
  return Int32Array.from({ length: cells }, (_, cell) =>
    Math.max(...layouts.map(({ region }, index) => lastOfRegions[index]![region[cell]!]!)),
  );
}
