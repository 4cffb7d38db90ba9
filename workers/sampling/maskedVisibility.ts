/**
 * What the rows of a pass over masked cells see: both wanted frames at once, each cell of them a
 * row; the twin of `masked_rows` and `masked_positions` in training/transformer/visibility.py.
 */
import { GIVEN_FRAMES, INTERPOLATION_ORDER, WINDOW_FRAMES } from './schedule';
import { fillText, imagePosition, MASKED } from './visibility';
import type { RegionLayout, TextColumns } from './visibility';

/** Slots of the frames that a window draws. */
export const WANTED_SLOTS: readonly number[] = INTERPOLATION_ORDER.slice(GIVEN_FRAMES);

/** Rows of a pass: the cells of both wanted frames, those of slot 1 first. */
export function maskedRows(cells: number): number {
  return WANTED_SLOTS.length * cells;
}

/** Cached slots of the temporal channel: text and all cells of the given frames. */
export function maskedTemporalSlots(textSlots: number, cells: number): number {
  return textSlots + GIVEN_FRAMES * cells;
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
): { spatial: Float32Array; temporal: Float32Array } {
  const sequences = text.lengths.length;
  const rows = maskedRows(cells);
  const ownFrame = (row: number): Float32Array =>
    columns(rows, (column) => Math.floor(column / cells) === Math.floor(row / cells));
  const ownRegion =
    ({ region }: RegionLayout) =>
    (row: number): Float32Array =>
      columns(WINDOW_FRAMES * cells, (column) => region[column % cells]! === region[row % cells]!);
  const spatial = new Float32Array(sequences * rows * (text.slots + rows));
  fillRows(spatial, 0, text, rows, ownFrame);
  const size = sequences * rows * (text.slots + WINDOW_FRAMES * cells);
  const temporal = new Float32Array(layouts.length * size);
  layouts.forEach((layout, pattern) => {
    fillRows(temporal, pattern * size, text, rows, ownRegion(layout));
  });
  return { spatial, temporal };
}

/** Position ids of the rows of a pass [2C]. */
export function maskedPositions(textLength: number, cells: number): Int32Array {
  return Int32Array.from({ length: maskedRows(cells) }, (_, row) => {
    const slot = WANTED_SLOTS[Math.floor(row / cells)]!;
    return imagePosition(textLength, cells, slot, row % cells);
  });
}

function columns(count: number, isVisible: (column: number) => boolean): Float32Array {
  return Float32Array.from({ length: count }, (_, column) => (isVisible(column) ? 0 : MASKED));
}

/** The rows of all sequences from `offset` on: text columns, then what `imageColumns` says. */
function fillRows(
  bias: Float32Array,
  offset: number,
  text: TextColumns,
  rows: number,
  imageColumns: (row: number) => Float32Array,
): void {
  for (let row = 0; row < rows; row++) {
    const image = imageColumns(row);
    const width = text.slots + image.length;
    text.lengths.forEach((_, sequence) => {
      const start = offset + (sequence * rows + row) * width;
      fillText(bias, start, text, sequence);
      bias.set(image, start + text.slots);
    });
  }
}
