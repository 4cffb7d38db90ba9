/**
 * What the rows of a pass over masked cells see: both wanted frames at once, each cell of them a
 * row; the twin of `masked_rows` and `masked_positions` in training/transformer/visibility.py. Those
 * of key frames are in keyFrameVisibility.ts.
 */
import { rowBiases } from './rowBiases';
import { GIVEN_FRAMES, INTERPOLATION_ORDER, WINDOW_FRAMES } from './schedule';
import { imagePosition } from './visibility';
import type { RegionLayout, TextColumns } from './visibility';

/** Slots of the frames that a window draws. */
export const WANTED_SLOTS: readonly number[] = INTERPOLATION_ORDER.slice(GIVEN_FRAMES);

/** Rows of a pass: the cells of both wanted frames, those of slot 1 first. */
export function maskedRows(cells: number): number {
  return WANTED_SLOTS.length * cells;
}

/** Cached slots of the temporal channel: text and all cells of the finished frames. */
export function maskedTemporalSlots(
  textSlots: number,
  cells: number,
  finishedFrames = GIVEN_FRAMES,
): number {
  return textSlots + finishedFrames * cells;
}

/** Biases of some rows of every sequence in both channels. */
export interface ChannelBiases {
  spatial: Float32Array;
  temporal: Float32Array;
}

/**
 * Biases of a pass over the text in the spatial channel, and over text and given frames in the
 * temporal one; the pass's own keys are the last columns.
 *
 * @returns spatial [sequences, 1, 2C, T + 2C], temporal [patterns, sequences, 1, 2C, T + 5C].
 */
export function maskedRowBiases(
  text: TextColumns,
  layouts: readonly RegionLayout[],
  cells: number,
): ChannelBiases {
  const rows = maskedRows(cells);
  const frameOf = (cell: number): number => Math.floor(cell / cells);
  const ownFrame = (row: number, column: number): boolean => frameOf(row) === frameOf(column);
  const temporal = layouts.map(({ region }) => ({
    count: WINDOW_FRAMES * cells,
    isSeen: (row: number, column: number) => region[row % cells] === region[column % cells],
  }));
  return {
    spatial: rowBiases(text, rows, [{ count: rows, isSeen: ownFrame }]),
    temporal: rowBiases(text, rows, temporal),
  };
}

/** Position ids of the rows of a pass [2C]. */
export function maskedPositions(textLength: number, cells: number): Int32Array {
  return Int32Array.from({ length: maskedRows(cells) }, (_, row) => {
    const slot = WANTED_SLOTS[Math.floor(row / cells)]!;
    return imagePosition(textLength, cells, slot, row % cells);
  });
}
