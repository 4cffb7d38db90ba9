/** Attention biases of several rows of every sequence, from a rule of what a row sees. */
import { fillText, MASKED } from './visibility';
import type { TextColumns } from './visibility';

/** The columns of a channel behind the text: cells in caches, then the run's own rows. */
export interface ImageColumns {
  count: number;
  isSeen: (row: number, column: number) => boolean;
}

/**
 * @param rows of each sequence, R.
 * @returns [sequences, 1, R, T + columns] for each channel or window pattern, one behind the other.
 */
export function rowBiases(
  text: TextColumns,
  rows: number,
  channels: readonly ImageColumns[],
): Float32Array {
  const sequences = text.lengths.length;
  const widths = channels.map(({ count }) => text.slots + count);
  const size = widths.reduce((sum, width) => sum + sequences * rows * width, 0);
  const bias = new Float32Array(size);
  let offset = 0;
  for (const { count, isSeen } of channels) {
    const width = text.slots + count;
    for (let row = 0; row < rows; row++) {
      const image = Float32Array.from({ length: count }, (_, column) =>
        isSeen(row, column) ? 0 : MASKED,
      );
      for (let sequence = 0; sequence < sequences; sequence++) {
        const start = offset + (sequence * rows + row) * width;
        fillText(bias, start, text, sequence);
        bias.set(image, start + text.slots);
      }
    }
    offset += sequences * rows * width;
  }
  return bias;
}
