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
 * bounds what is seen instead: of the frame n frames before, the cells before the own cell + n * lag.
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
 * The shortest order of drawing: every cell as soon as all that it sees is drawn.
 *
 * @param layouts one for each window pattern of the layers.
 * @returns the cells of each step, at most one of a frame.
 */
export function wavefrontSchedule(
  layouts: readonly RegionLayout[],
  { given, frames, lag }: WindowFrames,
): ScheduledCell[][] {
  const schedule: ScheduledCell[][] = [];
  const seen = Array.from({ length: frames - given }, (_, distance) =>
    lastSeenCells(layouts, lag && distance * lag),
  );
  /** Step at which each cell is drawn, by frame [cells]. */
  const drawnAt: Int32Array[] = [];
  for (let order = given; order < frames; order++) {
    const own = new Int32Array(seen[0]!.length);
    for (let cell = 0; cell < own.length; cell++) {
      const before = drawnAt.map((steps, drawn) => steps[seen[drawnAt.length - drawn]![cell]!]!);
      const step = 1 + Math.max(-1, own[cell - 1] ?? -1, ...before);
      (schedule[step] ??= []).push({ order, cell });
      own[cell] = step;
    }
    drawnAt.push(own);
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

/** The last cell that each cell sees of a frame before [cells], of those before the own cell +
 *  `ahead`; absent or 0: of all. */
export function lastSeenCells(layouts: readonly RegionLayout[], ahead?: number): Int32Array {
  const cells = layouts[0]!.region.length;
  return Int32Array.from({ length: cells }, (_, cell) => {
    const last = ahead ? Math.min(cells, cell + ahead) - 1 : cells - 1;
    return Math.max(...layouts.map(({ region }) => region.lastIndexOf(region[cell]!, last)));
  });
}
