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
  fillHints(runner.hints, frame, cell, manifest.ids);
}

/** @param hints [sequences, 2], overwritten. */
export function fillHints(
  hints: Int32Array,
  { hintFrames }: Pick<FrameToDraw, 'hintFrames'>,
  cell: number,
  { nullHint }: Pick<SpecialIds, 'nullHint'>,
): void {
  for (let at = 0; at < hints.length; at++) {
    const frames = hintFrames[Math.floor(at / 2) % hintFrames.length]!;
    hints[at] = frames[at % 2]?.[cell] ?? nullHint;
  }
}
