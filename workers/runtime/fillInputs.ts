/** What a step reads of the frame that is drawn, in main memory. */
import type { ModelManifest, SpecialIds } from '../../src/shared/manifest';
import type { FrameToDraw } from './tokenDrawer';
import type { TransformerRunner } from './transformerRunner';

/** Ids and hints of one cell, from the tokens before it. */
export function fillInputs(
  runner: Pick<TransformerRunner, 'ids' | 'hints' | 'openingId'>,
  frame: Pick<FrameToDraw, 'order' | 'tokens' | 'hintFrames'>,
  cell: number,
  { manifest }: { manifest: Pick<ModelManifest, 'ids'> },
): void {
  const windows = frame.tokens.length;
  for (let sequence = 0; sequence < runner.ids.length; sequence++) {
    const window = sequence % windows;
    runner.ids[sequence] =
      cell === 0 ? runner.openingId(sequence, frame.order) : frame.tokens[window]![cell - 1]!;
  }
  fillHints(runner, frame, cell, manifest.ids);
}

/**
 * Overwrites the runner's hints: tokens of the same cell in neighbouring frames. Key frames have one
 * such frame at most; their second hint is the id that opens the frame, which graphs read that know
 * the stage in every row.
 */
export function fillHints(
  runner: Pick<TransformerRunner, 'hints' | 'openingId'>,
  { order, hintFrames }: Pick<FrameToDraw, 'order' | 'hintFrames'>,
  cell: number,
  { nullHint }: Pick<SpecialIds, 'nullHint'>,
): void {
  const { hints } = runner;
  for (let sequence = 0; 2 * sequence < hints.length; sequence++) {
    const [before, after] = hintFrames[sequence % hintFrames.length]!;
    hints[2 * sequence] = before?.[cell] ?? nullHint;
    hints[2 * sequence + 1] = after?.[cell] ?? runner.openingId(sequence, order);
  }
}
