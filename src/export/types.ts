/** What every exporter takes and gives. */

/** One finished frame. */
export interface FrameImage {
  width: number;
  height: number;
  /** RGBA, width * height * 4 bytes. */
  pixels: Uint8ClampedArray;
}

/** The finished frames of a clip, in playing order, at a constant rate. */
export interface ClipFrames {
  frames: FrameImage[];
  framesPerSecond: number;
}

/** What reproduces the clip; written into the file where the format can hold it. */
export interface ExportInfo {
  prompt: string;
  parameters: Record<string, string | number>;
  modelId: string;
  appVersion: string;
}

export interface ExportedFile {
  blob: Blob;
  fileName: string;
  /** For display, e.g. "H.264". */
  codec: string;
  /** Why it is not what was wished for, when it is not. */
  note?: string;
}

export type Exporter = (clip: ClipFrames, info: ExportInfo) => Promise<ExportedFile>;
