/**
 * When each frame of a growing clip is shown. A clip has slots at its finest rate; a frame stays
 * until the next frame that exists, so five key frames last as long as the whole clip does and
 * every round only makes the motion smoother.
 */

/** How many slots the last frame stays: as long as the one before it, one slot when alone. */
function lastHold(slots: readonly number[]): number {
  const last = slots.at(-1);
  const previous = slots.at(-2);
  return last === undefined || previous === undefined ? 1 : last - previous;
}

/** Length of one loop over the given slots (ascending), in slots. */
export function loopSlots(slots: readonly number[]): number {
  const first = slots[0];
  const last = slots.at(-1);
  return first === undefined || last === undefined ? 0 : last - first + lastHold(slots);
}

/**
 * Index into `slots` of the frame to show.
 * @param slots slots of the frames that exist, ascending
 * @param seconds time since the loop began, 0 or more
 * @param slotsPerSecond playback rate
 * @returns -1 when there is no frame
 */
export function frameIndexAt(
  slots: readonly number[],
  seconds: number,
  slotsPerSecond: number,
): number {
  const length = loopSlots(slots);
  if (length === 0) return -1;
  const position = (slots[0] ?? 0) + ((seconds * slotsPerSecond) % length);
  // The number of frames is small, so a walk from the end is the plainest search.
  for (let index = slots.length - 1; index > 0; index -= 1) {
    if ((slots[index] ?? 0) <= position) return index;
  }
  return 0;
}

/** Seconds into the loop at which the frame of `slot` begins. */
export function secondsOfSlot(
  slots: readonly number[],
  slot: number,
  slotsPerSecond: number,
): number {
  return Math.max(0, slot - (slots[0] ?? 0)) / slotsPerSecond;
}

/**
 * Seconds until the frame that `frameIndexAt` names gives way to another one; with one frame, until
 * the loop ends.
 */
export function secondsToNextFrame(
  slots: readonly number[],
  seconds: number,
  slotsPerSecond: number,
): number {
  const first = slots[0];
  if (first === undefined) return Infinity;
  const length = loopSlots(slots);
  const position = first + ((seconds * slotsPerSecond) % length);
  const next = slots.find((slot) => slot > position) ?? first + length;
  return (next - position) / slotsPerSecond;
}
