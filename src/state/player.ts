import type { ClipFrame, FrameStore } from './frameStore';
import { frameIndexAt, secondsOfSlot } from './pacing';

/** 'playing' loops over the frames that exist; 'paused' holds one of them. */
export type PlayerMode = 'playing' | 'paused';

/** The clock of the player: `requestAnimationFrame` in the page. */
export interface FrameClock {
  now(): number;
  request(callback: () => void): number;
  cancel(handle: number): void;
}

export const BROWSER_CLOCK: FrameClock = {
  now: () => performance.now(),
  request: (callback) => requestAnimationFrame(callback),
  cancel: (handle) => cancelAnimationFrame(handle),
};

/**
 * Plays the clip while it grows. Listeners hear only of changes: another frame to show, or another
 * mode; between two frames nothing is drawn.
 */
export class Player {
  #mode: PlayerMode;
  #shown: ClipFrame | null = null;
  #loopStart: number;
  #request: number | null = null;
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly frames: FrameStore,
    private readonly clock: FrameClock,
    /** Slots per second. */
    private rate: number,
    mode: PlayerMode,
  ) {
    this.#mode = mode;
    this.#loopStart = clock.now();
    frames.subscribe(() => this.#framesChanged());
  }

  get mode(): PlayerMode {
    return this.#mode;
  }

  /** The frame to draw: a final one, or the first one while it is being drawn. */
  get shown(): ClipFrame | null {
    return this.#shown;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  setRate(slotsPerSecond: number): void {
    this.rate = slotsPerSecond;
    this.#restartAtShown();
  }

  play(): void {
    this.#mode = 'playing';
    this.#restartAtShown();
    this.#announce();
    this.#schedule();
  }

  pause(): void {
    this.#mode = 'paused';
    this.#announce();
  }

  /** Pauses on the frame of one slot; a slot without a frame changes nothing. */
  freeze(slot: number): void {
    const frame = this.frames.final(slot);
    if (!frame) return;
    this.#mode = 'paused';
    this.#shown = frame;
    this.#announce();
  }

  #restartAtShown(): void {
    const slots = this.frames.finals.map((frame) => frame.slot);
    const offset = secondsOfSlot(slots, this.#shown?.slot ?? 0, this.rate);
    this.#loopStart = this.clock.now() - offset * 1000;
  }

  #framesChanged(): void {
    const { finals, draft } = this.frames;
    const shown = this.#shown;
    if (finals.length === 0) this.#show(draft);
    else if (!shown || this.frames.final(shown.slot) !== shown) {
      // The draft became a frame, or another clip began: start the loop with it.
      this.#loopStart = this.clock.now();
      this.#show(finals[0] ?? null);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#request !== null || this.#mode !== 'playing') return;
    if (this.frames.finals.length < 2) return;
    this.#request = this.clock.request(() => {
      this.#request = null;
      if (this.#mode !== 'playing') return;
      this.#step();
      this.#schedule();
    });
  }

  #step(): void {
    const { finals } = this.frames;
    const slots = finals.map((frame) => frame.slot);
    const seconds = (this.clock.now() - this.#loopStart) / 1000;
    this.#show(finals[frameIndexAt(slots, seconds, this.rate)] ?? null);
  }

  #show(frame: ClipFrame | null): void {
    if (frame === this.#shown) return;
    this.#shown = frame;
    this.#announce();
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }
}
