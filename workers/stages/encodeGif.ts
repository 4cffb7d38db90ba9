/** A clip becomes a looping GIF. */
import { applyPalette, GIFEncoder, quantize } from 'gifenc';
import type { ClipFrames, EncodedFile, ExportInfo } from '../../src/shared/exportProtocol';
import { checkClip, clipParameters } from '../media/clipDescription';
import { gifComment } from '../media/gifComment';
import { gifFrameDelay } from '../media/gifFrameDelay';
import { upscale, UPSCALE_FILTER, upscaleFactor } from '../media/upscale';

const MAX_COLOURS = 256;

/**
 * One colour table for all frames, so that still parts do not flicker.
 *
 * @throws FlipbookError ExportFailed for a clip without frames or with frames of different sizes
 */
export function encodeGif(clip: ClipFrames, info: ExportInfo): EncodedFile {
  const { width, height } = checkClip(clip);
  const factor = upscaleFactor(width, height);
  const palette = quantize(allPixels(clip), MAX_COLOURS);
  const gif = GIFEncoder();
  clip.frames.forEach((frame, index) => {
    const picture = upscale(frame, factor);
    gif.writeFrame(applyPalette(picture.pixels, palette), picture.width, picture.height, {
      delay: gifFrameDelay(index, clip.framesPerSecond),
      ...(index === 0 ? { palette, repeat: 0 } : {}),
    });
  });
  const parameters = clipParameters(clip, info, {
    upscale: factor === 1 ? 'none' : `${factor}x ${UPSCALE_FILTER}`,
  });
  const comment = JSON.stringify({ prompt: info.prompt, parameters });
  gif.stream.writeBytes(gifComment(comment));
  gif.finish();
  return { bytes: gif.bytes(), mediaType: 'image/gif', codec: 'GIF' };
}

/** The frames one below the other. */
function allPixels({ frames }: ClipFrames): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray(
    frames.reduce((total, frame) => total + frame.pixels.length, 0),
  );
  let at = 0;
  for (const frame of frames) {
    pixels.set(frame.pixels, at);
    at += frame.pixels.length;
  }
  return pixels;
}
