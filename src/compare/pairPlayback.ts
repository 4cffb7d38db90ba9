/** Plays two clips in step: both begin together, and both begin again when the longer one ends. */

/** Seconds apart that nobody sees: less than a frame at 8 frames per second. */
const TOLERANCE_SECONDS = 0.06;

export class PairPlayback {
  readonly #videos: readonly [HTMLVideoElement, HTMLVideoElement];
  readonly #stop = new AbortController();
  #wanted: boolean;

  /**
   * @param playing whether the clips begin by themselves
   * @param onPlaying hears whether they play
   */
  constructor(
    left: HTMLVideoElement,
    right: HTMLVideoElement,
    playing: boolean,
    private readonly onPlaying: (playing: boolean) => void,
  ) {
    this.#videos = [left, right];
    this.#wanted = playing;
    const { signal } = this.#stop;
    for (const video of this.#videos) {
      video.addEventListener('canplaythrough', this.#ready, { signal });
      video.addEventListener('ended', this.#again, { signal });
      video.addEventListener('timeupdate', this.#keepInStep, { signal });
    }
    this.#ready();
  }

  /** From the first frame. */
  replay(): void {
    this.#wanted = true;
    for (const video of this.#videos) video.currentTime = 0;
    this.#play();
  }

  toggle(): void {
    this.#wanted = !this.#wanted;
    if (this.#wanted) this.#ready();
    else {
      for (const video of this.#videos) video.pause();
      this.onPlaying(false);
    }
  }

  dispose(): void {
    this.#stop.abort();
    for (const video of this.#videos) video.pause();
  }

  readonly #ready = (): void => {
    const ready = this.#videos.every(({ readyState }) => readyState >= 3);
    if (ready && this.#wanted && this.#videos.every(({ paused }) => paused)) this.#play();
  };

  #play(): void {
    this.onPlaying(true);
    // A clip that went away before it began is no error.
    for (const video of this.#videos) video.play().catch(() => undefined);
  }

  readonly #again = (): void => {
    if (this.#wanted && this.#videos.every(({ ended }) => ended)) this.replay();
  };

  readonly #keepInStep = (): void => {
    const [left, right] = this.#videos;
    if (left.ended || right.ended || left.seeking || right.seeking) return;
    if (Math.abs(left.currentTime - right.currentTime) <= TOLERANCE_SECONDS) return;
    right.currentTime = Math.min(left.currentTime, right.duration || 0);
  };
}
