/** Runs a WebCodecs encoder over a clip. */
import { I420_COLOURS, toI420 } from './i420';
import type { Picture } from './upscale';

/** One frame's data, in playing order. */
export interface VideoChunk {
  type: EncodedVideoChunkType;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface EncodedVideo {
  /** One per frame. */
  chunks: VideoChunk[];
  decoderConfig: VideoDecoderConfig;
}

/** Frames in the encoder at once. */
const MAX_QUEUE = 4;
/** An encoder that gives no sign for this long does not work; a frame takes some milliseconds. */
const STALLED_MILLISECONDS = 30_000;
const RECHECK_MILLISECONDS = 50;
const MICROSECONDS = 1_000_000;

/**
 * Encodes all frames, of one size, at a constant rate. Each stands for itself (a key frame): the
 * encoders of browsers leave coloured trails behind a moving subject when they store differences,
 * at any bit rate, and the clips are so short that this costs little. It also makes seeking exact.
 *
 * @param frameAt makes one frame; called in order, a few frames ahead of the encoder
 * @throws whatever the encoder reports, or an Error when it stalls or returns too little
 */
export async function encodeVideo(
  config: VideoEncoderConfig & { framerate: number },
  count: number,
  frameAt: (index: number) => Picture,
): Promise<EncodedVideo> {
  const run = new EncoderRun();
  try {
    run.encoder.configure(config);
    for (let index = 0; index < count; index++) {
      await run.room();
      const frame = videoFrame(frameAt(index), index, config.framerate);
      try {
        run.encoder.encode(frame, { keyFrame: true });
      } finally {
        frame.close();
      }
    }
    await run.flush();
    return run.result(count);
  } catch (error) {
    throw run.failure ?? error; // The encoder's own reason, rather than that it is closed.
  } finally {
    if (run.encoder.state !== 'closed') run.encoder.close();
  }
}

/** @param index gives the time: frames last 1 / framesPerSecond each */
function videoFrame(picture: Picture, index: number, framesPerSecond: number): VideoFrame {
  return new VideoFrame(toI420(picture), {
    format: 'I420',
    codedWidth: picture.width,
    codedHeight: picture.height,
    timestamp: Math.round((index * MICROSECONDS) / framesPerSecond),
    duration: Math.round(MICROSECONDS / framesPerSecond),
    colorSpace: I420_COLOURS,
  });
}

/** One encoder and what it has said so far; its errors arrive out of band and are kept. */
class EncoderRun {
  failure: Error | undefined;
  readonly encoder = new VideoEncoder({
    output: (chunk, metadata) => this.#take(chunk, metadata),
    error: (error) => (this.failure ??= error),
  });
  readonly #chunks: VideoChunk[] = [];
  #decoderConfig: VideoDecoderConfig | undefined;

  /** Waits until the encoder can take another frame. */
  async room(): Promise<void> {
    const deadline = performance.now() + STALLED_MILLISECONDS;
    while (this.encoder.encodeQueueSize >= MAX_QUEUE && this.failure === undefined) {
      if (performance.now() > deadline) throw stalled();
      await new Promise((resolve) => setTimeout(resolve, RECHECK_MILLISECONDS));
    }
    if (this.failure !== undefined) throw this.failure;
  }

  async flush(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(stalled()), STALLED_MILLISECONDS);
    });
    try {
      await Promise.race([this.encoder.flush(), limit]);
    } finally {
      clearTimeout(timer);
    }
    if (this.failure !== undefined) throw this.failure;
  }

  result(count: number): EncodedVideo {
    if (this.#chunks.length !== count) {
      throw new Error(`the encoder returned ${this.#chunks.length} of ${count} frames`);
    }
    if (!this.#decoderConfig) throw new Error('the encoder did not say how to decode its frames');
    return { chunks: this.#chunks, decoderConfig: this.#decoderConfig };
  }

  #take(chunk: EncodedVideoChunk, metadata?: EncodedVideoChunkMetadata): void {
    const bytes = new Uint8Array(chunk.byteLength);
    chunk.copyTo(bytes);
    this.#chunks.push({ type: chunk.type, bytes });
    this.#decoderConfig ??= metadata?.decoderConfig;
  }
}

function stalled(): Error {
  return new Error(`the encoder gave no answer for ${STALLED_MILLISECONDS / 1000} s`);
}
