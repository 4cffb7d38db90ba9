/** A clip becomes a zip of lossless PNG frames in the model's own size. */
import { zipSync, type Zippable } from 'fflate';
import type { ClipFrames, EncodedFile, ExportInfo } from '../../src/shared/exportProtocol';
import { checkClip, clipParameters } from '../media/clipDescription';
import { writePng } from '../media/png';

/** The first day that a zip can name: equal clips give equal bytes. */
const NO_DATE = new Date(1980, 0, 1);
/** PNG files are compressed already. */
const STORED = 0;

/**
 * Holds frame-00.png and so on in playing order, and parameters.json.
 *
 * @throws FlipbookError ExportFailed for a clip without frames or with frames of different sizes
 */
export function encodePngZip(clip: ClipFrames, info: ExportInfo): EncodedFile {
  checkClip(clip);
  const { prompt } = info;
  const parameters = clipParameters(clip, info);
  const texts = { prompt, parameters: JSON.stringify(parameters) };
  const files: Zippable = {
    'parameters.json': new TextEncoder().encode(
      `${JSON.stringify({ prompt, parameters }, null, 2)}\n`,
    ),
  };
  clip.frames.forEach((frame, index) => {
    files[frameName(index, clip.frames.length)] = writePng(frame, texts);
  });
  const bytes = zipSync(files, { mtime: NO_DATE, level: STORED });
  return { bytes, mediaType: 'application/zip', codec: 'PNG' };
}

/** Numbers of equal length, so that names sort in playing order. */
function frameName(index: number, count: number): string {
  const digits = Math.max(2, String(count - 1).length);
  return `frame-${String(index).padStart(digits, '0')}.png`;
}
