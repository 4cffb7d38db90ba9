import { describe, expect, it } from 'vitest';
import { FrameStore } from '../../src/state/frameStore';
import { Player, type FrameClock } from '../../src/state/player';

/** A clock moved by hand, which calls back what is due. */
class HandClock implements FrameClock {
  time = 0;
  /** How often it called back. */
  calls = 0;
  #requests = new Set<{ due: number; callback: () => void }>();

  now = (): number => this.time;
  request = (callback: () => void, milliseconds: number): (() => void) => {
    const request = { due: this.time + milliseconds, callback };
    this.#requests.add(request);
    return () => void this.#requests.delete(request);
  };

  get waiting(): number {
    return this.#requests.size;
  }

  tick(milliseconds: number): void {
    this.time += milliseconds;
    for (const request of [...this.#requests]) {
      if (request.due > this.time) continue;
      this.#requests.delete(request);
      this.calls++;
      request.callback();
    }
  }
}

function frame(slot: number, drawn = 1) {
  const pixels = new Uint8ClampedArray(4).fill(slot);
  return { slot, round: 0, drawn, width: 1, height: 1, pixels };
}

function startPlayer(mode: 'playing' | 'paused' = 'playing') {
  const frames = new FrameStore();
  const clock = new HandClock();
  const player = new Player(frames, clock, 8, mode);
  const shown: (number | null)[] = [];
  player.subscribe(() => shown.push(player.shown?.slot ?? null));
  return { frames, clock, player, shown };
}

describe('Player', () => {
  it('shows the first frame while it is drawn, then loops over what is there', () => {
    const { frames, clock, player } = startPlayer();
    frames.reset(33);
    frames.put(frame(0, 0.25));
    expect(player.shown?.drawn).toBe(0.25);
    frames.put(frame(0));
    expect(player.shown).toBe(frames.final(0));
    expect(clock.waiting).toBe(0); // One frame needs no clock.
    frames.put(frame(8));
    clock.tick(999);
    expect(player.shown?.slot).toBe(0);
    clock.tick(2);
    expect(player.shown?.slot).toBe(8);
    clock.tick(1000);
    expect(player.shown?.slot).toBe(0);
  });

  it('tells its listeners only of changes', () => {
    const { frames, clock, shown } = startPlayer();
    frames.reset(33);
    for (const slot of [0, 8, 16]) frames.put(frame(slot));
    shown.length = 0;
    for (let count = 0; count < 120; count += 1) clock.tick(25);
    expect(shown).toEqual([8, 16, 0]);
    // It sleeps in between.
    expect(clock.calls).toBe(3);
    expect(clock.waiting).toBe(1);
  });

  it('shows a frame that comes between two others in time', () => {
    const { frames, clock, player } = startPlayer();
    frames.reset(33);
    for (const slot of [0, 8]) frames.put(frame(slot));
    frames.put(frame(4));
    clock.tick(501);
    expect(player.shown?.slot).toBe(4);
    player.setRate(4);
    clock.tick(501);
    expect(player.shown?.slot).toBe(4);
    clock.tick(500);
    expect(player.shown?.slot).toBe(8);
    player.pause();
    expect(clock.waiting).toBe(0);
  });

  it('holds the chosen frame, whatever arrives, until it plays again from there', () => {
    const { frames, clock, player } = startPlayer();
    frames.reset(33);
    for (const slot of [0, 8, 16]) frames.put(frame(slot));
    player.freeze(8);
    frames.put(frame(4));
    clock.tick(5000);
    expect([player.mode, player.shown?.slot]).toEqual(['paused', 8]);
    player.freeze(5); // Not drawn yet.
    expect(player.shown?.slot).toBe(8);
    player.play();
    clock.tick(10);
    expect(player.shown?.slot).toBe(8);
    clock.tick(1000);
    expect(player.shown?.slot).toBe(16);
  });

  it('stays still when motion is not wanted, and plays when asked', () => {
    const { frames, clock, player } = startPlayer('paused');
    frames.reset(5);
    frames.put(frame(0));
    frames.put(frame(1));
    expect(clock.waiting).toBe(0);
    player.play();
    clock.tick(130);
    expect(player.shown?.slot).toBe(1);
  });

  it('begins anew with the next clip', () => {
    const { frames, player } = startPlayer();
    frames.reset(33);
    frames.put(frame(0));
    frames.put(frame(8));
    frames.reset(9);
    expect(player.shown).toBeNull();
    frames.put(frame(0));
    expect(player.shown).toBe(frames.final(0));
  });
});

describe('FrameStore', () => {
  it('keeps final frames in slot order and never lets a draft replace one', () => {
    const frames = new FrameStore();
    frames.reset(5);
    for (const slot of [4, 0, 2]) frames.put(frame(slot));
    frames.put(frame(2, 0.5));
    expect(frames.finals.map(({ slot }) => slot)).toEqual([0, 2, 4]);
    expect(frames.draft).toBeNull();
    frames.put(frame(1, 0.5));
    expect(frames.draft?.slot).toBe(1);
    frames.dropDrafts();
    expect([frames.draft, frames.finals.length]).toEqual([null, 3]);
  });

  it('keeps a draft of every frame that is being drawn, until it is finished', () => {
    const frames = new FrameStore();
    frames.reset(5);
    for (const slot of [2, 0, 1]) frames.put(frame(slot, 0.25));
    const { drafts } = frames;
    expect(drafts.map(({ slot }) => slot)).toEqual([0, 1, 2]);
    expect(frames.draft?.slot).toBe(0);
    frames.put(frame(1, 0.5));
    expect(frames.drafts.map(({ drawn }) => drawn)).toEqual([0.25, 0.5, 0.25]);
    expect(drafts.map(({ drawn }) => drawn)).toEqual([0.25, 0.25, 0.25]);
    frames.put(frame(0));
    expect(frames.drafts.map(({ slot }) => slot)).toEqual([1, 2]);
    const left = frames.drafts;
    frames.put(frame(4));
    expect(frames.drafts).toBe(left);
    frames.reset(5);
    expect(frames.drafts).toEqual([]);
  });
});
