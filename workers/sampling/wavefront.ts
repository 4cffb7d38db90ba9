/**
 * The frames of a window in parallel: with local temporal windows a cell of a later frame can be
 * drawn before the frames before it are finished. CogVideo's paper describes it under "shifted
 * window attention in auto-regressive generation"; no release has it.
 *
 * A step runs at most one cell of every frame, since a cell's input is the token before it. A cell
 * sees
 * - in the spatial channel the cells of its own frame before it;
 * - in the temporal channel of a layer its own region of the given frames, whole; that of the frames
 *   that were drawn before it, whole or as far as a lag lets it; and the cells of its own frame's
 *   region before it.
 *
 * So it can be drawn one step after the last of: its predecessor, and the last cell that it sees (of
 * any window pattern) in every frame before.
 *
 * Windows as high as a frame would have each frame wait for the last row of the one before. A lag
 * bounds what is seen instead: of the frame n frames before, the cells before the own cell + n * lag,
 * which are just those that are drawn when each frame is `lag` steps behind the one before.
 */
import type { RegionLayout } from './visibility';

/** One cell of one frame; `order` counts frames as they enter the caches. */
export interface ScheduledCell {
  order: number;
  cell: number;
}

/** Which of a window's frames are there from the start, how many there are in all, and how the
 *  drawn ones follow one another. */
export interface WindowFrames {
  given: number;
  frames: number;
  /** Cells by which a frame trails the one before; absent or 0: it sees that one whole. */
  lag?: number;
}

/** What one step draws: of every drawn frame its cell, or IDLE [frames - given]. */
export type Wave = Int32Array<ArrayBuffer>;

/** The frame has no cell in a wave: it waits, or it is finished. */
export const IDLE = -1;

/**
 * The order of drawing: with a lag every cell of a frame so many steps behind that of the frame before,
 * else the shortest there is, every cell as soon as all that it sees is drawn.
 *
 * @param layouts one for each window pattern of the layers.
 * @returns the cells of each step, at most one of a frame.
 */
export function wavefrontSchedule(
  layouts: readonly RegionLayout[],
  { given, frames, lag }: WindowFrames,
): ScheduledCell[][] {
  const seen = lastSeenCells(layouts);
  const schedule: ScheduledCell[][] = [];
  /** Step at which each cell of any frame so far is drawn at the latest [cells]. */
  const drawnBy = new Int32Array(seen.length).fill(-1);
  for (let order = given; order < frames; order++) {
    let step = -1;
    for (let cell = 0; cell < seen.length; cell++) {
      // `seen` is never before `cell`, so this frame has not yet overwritten what is read here.
      step = lag ? (order - given) * lag + cell : 1 + Math.max(step, drawnBy[seen[cell]!]!);
      (schedule[step] ??= []).push({ order, cell });
      drawnBy[cell] = step;
    }
  }
  return schedule;
}

/** The same, as one wave for each step. */
export function wavesOf(layouts: readonly RegionLayout[], window: WindowFrames): Wave[] {
  return wavefrontSchedule(layouts, window).map((cells) => {
    const wave = new Int32Array(window.frames - window.given).fill(IDLE);
    for (const { order, cell } of cells) wave[order - window.given] = cell;
    return wave;
  });
}

/** The last cell that each cell sees of the frames before, without a lag [cells]. */
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
