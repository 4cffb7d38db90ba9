/** A clip becomes an MP4 file: H.264 where one can be encoded, else VP9 or AV1. */
import { ArrayBufferTarget, Muxer } from 'mp4-muxer';
import { FlipbookError } from '../../src/shared/errors';
import type { ClipFrames, EncodedFile, ExportInfo } from '../../src/shared/exportProtocol';
import { addMetadata } from '../media/addMetadata';
import { checkClip, clipParameters, programName, readable } from '../media/clipDescription';
import { encodeVideo, type EncodedVideo } from '../media/encodeVideo';
import { I420_COLOURS } from '../media/i420';
import { upscale, UPSCALE_FILTER, upscaleFactor } from '../media/upscale';
import { videoCodecs, type VideoCodec } from '../media/videoCodecs';

/** Far more than small clear pictures need, so the encoder stays at its best quality. */
const BITS_PER_PIXEL = 3;
/** Software gives the same bytes on every run; a codec may exist in hardware only. */
const ACCELERATIONS: HardwareAcceleration[] = ['prefer-software', 'no-preference'];

/** A size and rate that all frames share. */
interface VideoShape {
  width: number;
  height: number;
  framesPerSecond: number;
}

/**
 * @throws FlipbookError ExportUnsupported where the browser encodes no video, ExportFailed for a
 *   clip without frames or with frames of different sizes
 */
export async function encodeMp4(clip: ClipFrames, info: ExportInfo): Promise<EncodedFile> {
  const { width, height } = checkClip(clip);
  const factor = upscaleFactor(width, height);
  const shape = {
    width: width * factor,
    height: height * factor,
    framesPerSecond: clip.framesPerSecond,
  };
  const { video, codec, note } = await encodeWithBestCodec(clip, factor, shape);
  const parameters = clipParameters(clip, info, {
    upscale: factor === 1 ? 'none' : `${factor}x ${UPSCALE_FILTER}`,
    codec: codec.name,
  });
  const bytes = addMetadata(mux(video, codec, shape), {
    title: info.prompt,
    comment: readable(parameters),
    encoder: programName(info.appVersion),
    custom: { prompt: info.prompt, parameters: JSON.stringify(parameters) },
  });
  const file = { bytes, mediaType: 'video/mp4', codec: codec.name };
  return note === undefined ? file : { ...file, note };
}

/** Encodes with each codec in turn until one works: what browsers claim to support can fail. */
async function encodeWithBestCodec(clip: ClipFrames, factor: number, shape: VideoShape) {
  if (typeof VideoEncoder === 'undefined') throw unsupported('has no video encoder (WebCodecs)');
  const failures = new Map<string, string>();
  for (const codec of videoCodecs(shape.width, shape.height)) {
    for (const hardwareAcceleration of ACCELERATIONS) {
      try {
        const config = encoderConfig(codec, shape, hardwareAcceleration);
        const video = await encodeVideo(config, clip.frames.length, (index) => {
          const frame = clip.frames[index];
          if (!frame) throw new RangeError(`The clip has no frame ${index}.`);
          return upscale(frame, factor);
        });
        return { video, codec, note: fallbackNote(codec, failures) };
      } catch (error) {
        if (!failures.has(codec.name)) failures.set(codec.name, reason(error));
      }
    }
  }
  const reasons = [...failures].map(([name, why]) => `${name}: ${why}`).join('; ');
  throw unsupported(`could not encode any video format (${reasons})`);
}

function encoderConfig(
  { codec, container }: VideoCodec,
  { width, height, framesPerSecond }: VideoShape,
  hardwareAcceleration: HardwareAcceleration,
): VideoEncoderConfig & { framerate: number } {
  return {
    codec,
    width,
    height,
    framerate: framesPerSecond,
    bitrate: Math.round(width * height * framesPerSecond * BITS_PER_PIXEL),
    latencyMode: 'quality',
    hardwareAcceleration,
    // Length-prefixed units with the parameter sets beside them, as MP4 stores them.
    ...(container === 'avc' ? { avc: { format: 'avc' } } : {}),
  };
}

/** The description comes first in the file, so that it plays while it is loading. */
function mux(
  { chunks, decoderConfig }: EncodedVideo,
  { container }: VideoCodec,
  { width, height, framesPerSecond }: VideoShape,
): Uint8Array {
  const target = new ArrayBufferTarget();
  const muxer = new Muxer({
    target,
    fastStart: 'in-memory',
    video: {
      codec: container,
      width,
      height,
      // Also the time scale, which must be whole.
      ...(Number.isInteger(framesPerSecond) ? { frameRate: framesPerSecond } : {}),
    },
  });
  const microseconds = 1_000_000 / framesPerSecond;
  const colorSpace: VideoColorSpaceInit = I420_COLOURS;
  const metadata = { decoderConfig: { ...decoderConfig, colorSpace } };
  chunks.forEach(({ bytes, type }, index) => {
    muxer.addVideoChunkRaw(bytes, type, index * microseconds, microseconds, metadata);
  });
  muxer.finalize();
  return new Uint8Array(target.buffer);
}

function fallbackNote(codec: VideoCodec, failures: Map<string, string>): string | undefined {
  const why = failures.get('H.264');
  if (codec.name === 'H.264' || why === undefined) return undefined;
  return (
    `This browser could not encode H.264 (${why}), so the file uses ${codec.name}. ` +
    'Browsers, VLC and mpv play it; QuickTime and some phones do not.'
  );
}

function unsupported(what: string): FlipbookError {
  return new FlipbookError(
    'ExportUnsupported',
    `This browser ${what}. Save the clip as GIF or as PNG frames instead, or use a current ` +
      'version of Chrome, Edge, Safari or Firefox for MP4.',
  );
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
