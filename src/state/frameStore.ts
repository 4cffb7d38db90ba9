import type { FrameMessage } from '../shared/protocol';

/** A frame of the clip in the page's own memory. */
export type ClipFrame = Readonly<FrameMessage>;

/**
 * The frames of the current clip, kept outside React and outside the worker: a crash, a lost
 * device or a cancel loses none of them, and a new frame re-renders nothing by itself.
 */
export class FrameStore {
  #slotCount = 0;
  #finals = new Map<number, ClipFrame>();
  #ordered: readonly ClipFrame[] = [];
  #drafts: readonly ClipFrame[] = [];
  #version = 0;
  readonly #listeners = new Set<() => void>();

  /** Slots of the whole clip at its finest rate; 0 before the first job. */
  get slotCount(): number {
    return this.#slotCount;
  }

  /** Grows by one with every change; for useSyncExternalStore. */
  get version(): number {
    return this.#version;
  }

  /** The frames being drawn, some of their cells still open, in slot order; the same array until one of
   *  them changes. Several where key frames are drawn in parallel. */
  get drafts(): readonly ClipFrame[] {
    return this.#drafts;
  }

  /** The first of them. */
  get draft(): ClipFrame | null {
    return this.#drafts[0] ?? null;
  }

  /** Final frames in slot order; the same array until a final frame arrives. */
  get finals(): readonly ClipFrame[] {
    return this.#ordered;
  }

  final(slot: number): ClipFrame | undefined {
    return this.#finals.get(slot);
  }

  /** Empties the store for a clip of `slotCount` slots. */
  reset(slotCount: number): void {
    this.#slotCount = slotCount;
    this.#finals = new Map();
    this.#ordered = [];
    this.#drafts = [];
    this.#changed();
  }

  /** Takes a frame; an unfinished one never replaces a final one. */
  put(frame: ClipFrame): void {
    const others = this.#drafts.filter(({ slot }) => slot !== frame.slot);
    if (frame.drawn < 1) {
      if (this.#finals.has(frame.slot)) return;
      this.#drafts = inSlotOrder([...others, frame]);
    } else {
      this.#finals.set(frame.slot, frame);
      this.#ordered = inSlotOrder([...this.#finals.values()]);
      if (others.length < this.#drafts.length) this.#drafts = others;
    }
    this.#changed();
  }

  /** The job is over: what was not finished is no frame of the clip. */
  dropDrafts(): void {
    if (this.#drafts.length === 0) return;
    this.#drafts = [];
    this.#changed();
  }

  /** Returns the function that ends the subscription. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  #changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}

function inSlotOrder(frames: ClipFrame[]): ClipFrame[] {
  return frames.sort((a, b) => a.slot - b.slot);
}
