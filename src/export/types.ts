import type { ClipFrames, ExportInfo } from '../shared/exportProtocol';

export type { ClipFrames, ExportInfo };

/** A file to be saved. */
export interface ExportedFile {
  blob: Blob;
  fileName: string;
  /** Name of the picture or video format, for display: "H.264". */
  codec: string;
  /** Why it is not the usual format, when it is not. */
  note?: string;
}

/** @throws FlipbookError ExportUnsupported, ExportFailed */
export type Exporter = (clip: ClipFrames, info: ExportInfo) => Promise<ExportedFile>;
