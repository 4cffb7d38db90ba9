/** Which id opens a frame. */
import type { SpecialIds } from '../../src/shared/manifest';
import type { RunnerBatch } from './runnerBatch';

/**
 * The id fed at cell 0 of a frame: what the batch's storyboard says, or beginOfImage.
 *
 * @param order how many frames of the window came before.
 */
export function openingId(
  batch: Pick<RunnerBatch, 'order' | 'opening'>,
  { beginOfImage }: Pick<SpecialIds, 'beginOfImage'>,
  sequence: number,
  order: number,
): number {
  return batch.opening ? batch.opening[sequence]![batch.order[order]!]! : beginOfImage;
}
