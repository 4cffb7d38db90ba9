/** Slots of a clip: with R rounds, key frame i sits at slot i * 2^R. */

/** Frames of a clip after R rounds; a window has five frames. */
export function slotCount(windowFrames: number, rounds: number): number {
  return (windowFrames - 1) * 2 ** rounds + 1;
}

/** The round in which a slot is drawn: 0 = key frame, 1 = first in-between round. */
export function roundOfSlot(slot: number, rounds: number): number {
  let round = 0;
  for (let spacing = 2 ** rounds; slot % spacing !== 0; spacing /= 2) round += 1;
  return round;
}
