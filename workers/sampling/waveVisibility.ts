/**
 * What the rows of a wave see: one cell of every frame that is drawn in parallel, over caches that
 * hold all frames, each cell in its own place. The twin of `frame_rows` with a lag in
 * training/transformer/visibility.py, which draws the same cells one after the other.
 */
import type { ChannelBiases } from './maskedVisibility';
import { rowBiases } from './rowBiases';
import type { RegionLayout, TextColumns } from './visibility';
import { IDLE } from './wavefront';
import type { Wave, WindowFrames } from './wavefront';

/** Slots of the spatial cache: text and the drawn frames. */
export function waveSpatialSlots(
  textSlots: number,
  cells: number,
  { given, frames }: WindowFrames,
): number {
  return textSlots + (frames - given) * cells;
}

/** Slots of the temporal cache: text and all frames. */
export function waveTemporalSlots(
  textSlots: number,
  cells: number,
  { frames }: WindowFrames,
): number {
  return textSlots + frames * cells;
}

/**
 * Whether a cell sees one of another frame, or of its own, in the temporal channel.
 *
 * @param own number of its frame in the order in which frames enter the caches.
 * @param order of the other one.
 */
export function seesInTime(
  { region }: RegionLayout,
  { given, lag }: WindowFrames,
  own: number,
  cell: number,
  order: number,
  other: number,
): boolean {
  if (order > own || region[other] !== region[cell]) return false;
  if (order === own) return other < cell;
  return order < given || !lag || other < cell + (own - order) * lag;
}

/**
 * Biases of a wave's rows; an idle row sees itself alone, so that it computes no NaN.
 *
 * @returns spatial [sequences, 1, R, T + R*C + R], temporal [patterns, sequences, 1, R, T + F*C + R],
 *   R drawn frames of F; the run's own keys are the last columns.
 */
export function waveBiases(
  text: TextColumns,
  layouts: readonly RegionLayout[],
  cells: number,
  window: WindowFrames,
  wave: Wave,
): ChannelBiases {
  const rows = wave.length;
  const isOwn = (row: number, column: number, cached: number): boolean => column - cached === row;
  const spatial = {
    count: rows * cells + rows,
    isSeen: (row: number, column: number) =>
      isOwn(row, column, rows * cells) ||
      (Math.floor(column / cells) === row && column % cells < wave[row]!),
  };
  const cached = window.frames * cells;
  const temporal = layouts.map((layout) => ({
    count: cached + rows,
    isSeen: (row: number, column: number) => {
      if (column >= cached) return isOwn(row, column, cached);
      const cell = wave[row]!;
      if (cell === IDLE) return false;
      const order = Math.floor(column / cells);
      return seesInTime(layout, window, window.given + row, cell, order, column % cells);
    },
  }));
  return {
    spatial: rowBiases(text, rows, [spatial]),
    temporal: rowBiases(text, rows, temporal),
  };
}
