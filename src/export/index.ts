/** Saves a clip, whole or partial, as a file. Encoding runs in a worker of its own. */
import type { Remote } from 'comlink';
import type { EncodedFile, ExportApi } from '../shared/exportProtocol';
import { fileName } from './fileName';
import type { ClipFrames, ExportedFile, ExportInfo } from './types';
import { withExportWorker } from './withExportWorker';

/**
 * MP4 with the best codec that this browser can encode; `note` says when it is not H.264.
 *
 * @throws FlipbookError ExportUnsupported where no video codec works, ExportFailed otherwise
 */
export function exportMp4(clip: ClipFrames, info: ExportInfo): Promise<ExportedFile> {
  return exportFile(info, 'mp4', (api) => api.mp4(clip, info));
}

/** Looping GIF of at most 256 colours. @throws FlipbookError ExportFailed */
export function exportGif(clip: ClipFrames, info: ExportInfo): Promise<ExportedFile> {
  return exportFile(info, 'gif', (api) => api.gif(clip, info));
}

/** Zip of one lossless PNG per frame, in the model's own size. @throws FlipbookError ExportFailed */
export function exportPngZip(clip: ClipFrames, info: ExportInfo): Promise<ExportedFile> {
  return exportFile(info, 'zip', (api) => api.pngZip(clip, info));
}

async function exportFile(
  info: ExportInfo,
  extension: string,
  encode: (api: Remote<ExportApi>) => Promise<EncodedFile>,
): Promise<ExportedFile> {
  const { bytes, mediaType, codec, note } = await withExportWorker(encode);
  const file = {
    blob: new Blob([bytes], { type: mediaType }),
    fileName: fileName(info, extension),
  };
  return note === undefined ? { ...file, codec } : { ...file, codec, note };
}
