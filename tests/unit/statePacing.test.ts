import { describe, expect, it } from 'vitest';
import { frameIndexAt, loopSlots, secondsOfSlot, secondsToNextFrame } from '../../src/state/pacing';
import { roundOfSlot, slotCount } from '../../src/state/slots';

const RATE = 8;
const every = (spacing: number): number[] =>
  Array.from({ length: 32 / spacing + 1 }, (_, index) => index * spacing);

/** The slow obvious twin: writes the frame of every slot of one loop out. */
function shownPerSlot(slots: readonly number[]): number[] {
  const perSlot: number[] = [];
  slots.forEach((slot, index) => {
    const hold = (slots[index + 1] ?? slot + (slot - (slots[index - 1] ?? slot - 1))) - slot;
    for (let count = 0; count < hold; count += 1) perSlot.push(index);
  });
  return perSlot;
}

describe('frameIndexAt', () => {
  it('has nothing to show without frames', () => {
    expect(frameIndexAt([], 1, RATE)).toBe(-1);
    expect(loopSlots([])).toBe(0);
  });

  it.each([
    ['one key frame', [0]],
    ['two key frames', [0, 8]],
    ['key frames', every(8)],
    ['one round', every(4)],
    ['half of a round', [0, 4, 8, 16, 24, 32]],
    ['a whole clip', every(1)],
    ['a clip without its beginning', [8, 12, 16]],
  ])('shows every frame until the next one: %s', (_, slots) => {
    const expected = shownPerSlot(slots);
    expect(loopSlots(slots)).toBe(expected.length);
    const loops = 3;
    const shown = Array.from({ length: expected.length * loops }, (_slot, tick) =>
      frameIndexAt(slots, (tick + 0.5) / RATE, RATE),
    );
    expect(shown).toEqual(Array.from({ length: loops }, () => expected).flat());
  });

  it('plays five key frames over the time of the whole clip', () => {
    expect(loopSlots(every(8)) / RATE).toBe(5);
    expect(secondsOfSlot(every(8), 16, RATE)).toBe(2);
    expect(frameIndexAt(every(8), 1.99, RATE)).toBe(1);
    expect(frameIndexAt(every(8), 2.01, RATE)).toBe(2);
  });
});

describe('slots', () => {
  it('counts 5, 9, 17, 33 frames', () => {
    expect([0, 1, 2, 3].map((rounds) => slotCount(5, rounds))).toEqual([5, 9, 17, 33]);
  });

  it.each([0, 1, 2, 3, 6])('names the round that draws each slot, of %i rounds', (rounds) => {
    const drawn = new Map<number, number>();
    for (let round = 0; round <= rounds; round += 1) {
      const spacing = 2 ** (rounds - round);
      for (let slot = 0; slot < slotCount(5, rounds); slot += spacing) {
        if (!drawn.has(slot)) drawn.set(slot, round);
      }
    }
    for (const [slot, round] of drawn) expect(roundOfSlot(slot, rounds)).toBe(round);
  });
});

describe('secondsToNextFrame', () => {
  it.each([[every(8)], [[0, 4, 8, 16, 24, 32]], [every(1)], [[8, 12, 16]]])(
    'is when another frame is shown: %j',
    (slots) => {
      const length = loopSlots(slots) / RATE;
      for (let seconds = 0.01; seconds < 2 * length; seconds += 0.07) {
        const wait = secondsToNextFrame(slots, seconds, RATE);
        const shown = frameIndexAt(slots, seconds, RATE);
        expect(wait).toBeGreaterThan(0);
        expect(frameIndexAt(slots, seconds + wait - 1e-6, RATE)).toBe(shown);
        expect(frameIndexAt(slots, seconds + wait + 1e-6, RATE)).not.toBe(shown);
      }
    },
  );

  it('is never without frames, and the end of the loop of one', () => {
    expect(secondsToNextFrame([], 1, RATE)).toBe(Infinity);
    expect(secondsToNextFrame([0], 0, RATE)).toBe(1 / RATE);
  });
});
