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
  #draft: ClipFrame | null = null;
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

  /** The frame being drawn, some of its cells still open. */
  get draft(): ClipFrame | null {
    return this.#draft;
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
    this.#draft = null;
    this.#changed();
  }

  /** Takes a frame; an unfinished one never replaces a final one. */
  put(frame: ClipFrame): void {
    if (frame.drawn < 1) {
      if (this.#finals.has(frame.slot)) return;
      this.#draft = frame;
    } else {
      this.#finals.set(frame.slot, frame);
      this.#ordered = [...this.#finals.values()].sort((a, b) => a.slot - b.slot);
      if (this.#draft?.slot === frame.slot) this.#draft = null;
    }
    this.#changed();
  }

  /** The job is over: what was not finished is no frame of the clip. */
  dropDraft(): void {
    if (!this.#draft) return;
    this.#draft = null;
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
