/**
 * What the rows of a run over one whole key frame see, each of its cells a row: those of a pass
 * while cells are masked, and of the run that finishes it, in which a cell sees what it would see
 * if it were drawn by itself. The twin of `masked_frame_rows` in
 * training/transformer/visibility.py.
 */
import type { ChannelBiases } from './maskedVisibility';
import { rowBiases } from './rowBiases';
import { imagePosition } from './visibility';
import type { RegionLayout, TextColumns } from './visibility';

/** Whether a cell sees all rows of its frame's run, or those up to itself. */
export type RowOrder = 'pass' | 'finish';

/**
 * Biases over the text in the spatial channel, and over the text and all cells of the finished
 * frames in the temporal one; the run's own keys are the last columns.
 *
 * @param finished frames before this one.
 * @returns spatial [sequences, 1, C, T + C], temporal [patterns, sequences, 1, C, T + (finished+1)*C].
 */
export function keyFrameBiases(
  text: TextColumns,
  layouts: readonly RegionLayout[],
  cells: number,
  finished: number,
  order: RowOrder,
): ChannelBiases {
  const isBefore = (row: number, own: number): boolean => order === 'pass' || own <= row;
  const temporal = layouts.map(({ region }) => ({
    count: (finished + 1) * cells,
    isSeen: (row: number, column: number) =>
      isBefore(row, column - finished * cells) && region[row] === region[column % cells],
  }));
  return {
    spatial: rowBiases(text, cells, [{ count: cells, isSeen: isBefore }]),
    temporal: rowBiases(text, cells, temporal),
  };
}

/** Position ids of the cells of the frame at `frameSlot` [C]. */
export function keyFramePositions(
  textLength: number,
  cells: number,
  frameSlot: number,
): Int32Array {
  return Int32Array.from({ length: cells }, (_, cell) =>
    imagePosition(textLength, cells, frameSlot, cell),
  );
}
