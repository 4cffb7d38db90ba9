import { version } from '../../package.json';
import { FlipbookError } from '../shared/errors';
import type { ClipFrames, ExportedFile, ExportInfo } from '../export/types';
import type { ClipFacts } from './appState';
import type { FrameStore } from './frameStore';

export const EXPORT_FORMATS = ['mp4', 'gif', 'png'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

function exportInfo({ options, modelId, modelVersion }: ClipFacts): ExportInfo {
  const { prompt, ...parameters } = options;
  return { prompt, parameters: { ...parameters, modelVersion }, modelId, appVersion: version };
}

/**
 * Makes a file of the finished frames, in slot order; a partial clip too.
 * @throws FlipbookError ExportFailed when no frame is finished, or what the exporter throws
 */
export async function exportClip(
  format: ExportFormat,
  frames: FrameStore,
  clip: ClipFacts,
): Promise<ExportedFile> {
  const { finals } = frames;
  if (finals.length === 0) {
    throw new FlipbookError('ExportFailed', 'No frame is finished yet. Wait for the first one.');
  }
  const images: ClipFrames = { frames: [...finals], framesPerSecond: clip.framesPerSecond };
  const info = exportInfo(clip);
  // Loaded when first needed: encoders are no part of opening the page.
  const { exportMp4, exportGif, exportPngZip } = await import('../export/index');
  switch (format) {
    case 'mp4':
      return exportMp4(images, info);
    case 'gif':
      return exportGif(images, info);
    case 'png':
      return exportPngZip(images, info);
  }
}

/** Hands a file to the browser's downloads. */
export function downloadFile({ blob, fileName }: ExportedFile): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = fileName;
  anchor.click();
  // The download has taken its reference by the next task.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
