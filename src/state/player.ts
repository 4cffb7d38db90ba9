import type { ClipFrame, FrameStore } from './frameStore';
import { frameIndexAt, secondsOfSlot, secondsToNextFrame } from './pacing';

/** 'playing' loops over the frames that exist; 'paused' holds one of them. */
export type PlayerMode = 'playing' | 'paused';

/** The clock of the player. */
export interface FrameClock {
  now(): number;
  /** Calls back once, when the page is painted next after so many milliseconds.
   *  @returns what takes the request back. */
  request(callback: () => void, milliseconds: number): () => void;
}

/** Between two frames the page sleeps: frames of its own would take the model's processor time. */
export const BROWSER_CLOCK: FrameClock = {
  now: () => performance.now(),
  request: (callback, milliseconds) => {
    let painting: number | undefined;
    const sleeping = setTimeout(() => {
      painting = requestAnimationFrame(callback);
    }, milliseconds);
    return () => {
      clearTimeout(sleeping);
      if (painting !== undefined) cancelAnimationFrame(painting);
    };
  },
};

/**
 * Plays the clip while it grows. Listeners hear only of changes: another frame to show, or another
 * mode; between two frames nothing is drawn.
 */
export class Player {
  #mode: PlayerMode;
  #shown: ClipFrame | null = null;
  #loopStart: number;
  /** Takes the request back that waits. */
  #takeBack: (() => void) | null = null;
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
    this.#schedule();
  }

  play(): void {
    this.#mode = 'playing';
    this.#restartAtShown();
    this.#announce();
    this.#schedule();
  }

  pause(): void {
    this.#mode = 'paused';
    this.#schedule();
    this.#announce();
  }

  /** Pauses on the frame of one slot; a slot without a frame changes nothing. */
  freeze(slot: number): void {
    const frame = this.frames.final(slot);
    if (!frame) return;
    this.#mode = 'paused';
    this.#schedule();
    this.#shown = frame;
    this.#announce();
  }

  #restartAtShown(): void {
    const offset = secondsOfSlot(this.#slots(), this.#shown?.slot ?? 0, this.rate);
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

  /** Wakes when another frame is due. What changes the frames, the loop or its rate calls it again. */
  #schedule(): void {
    this.#takeBack?.();
    this.#takeBack = null;
    if (this.#mode !== 'playing' || this.frames.finals.length < 2) return;
    const wait = secondsToNextFrame(this.#slots(), this.#seconds(), this.rate);
    this.#takeBack = this.clock.request(() => {
      this.#step();
      this.#schedule();
    }, wait * 1000);
  }

  #step(): void {
    const index = frameIndexAt(this.#slots(), this.#seconds(), this.rate);
    this.#show(this.frames.finals[index] ?? null);
  }

  #slots(): number[] {
    return this.frames.finals.map((frame) => frame.slot);
  }

  /** Since the loop began. */
  #seconds(): number {
    return (this.clock.now() - this.#loopStart) / 1000;
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
