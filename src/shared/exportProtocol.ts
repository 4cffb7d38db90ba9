/** Everything that crosses between the page and the export worker, which exposes `ExportApi`. */

/** The finished frames of a clip, in playing order; all of one size. One frame is enough. */
export interface ClipFrames {
  frames: {
    width: number;
    height: number;
    /** RGBA, width * height * 4 bytes; opaque. */
    pixels: Uint8ClampedArray;
  }[];
  framesPerSecond: number;
}

/** What the file says about its origin. */
export interface ExportInfo {
  prompt: string;
  /** Settings by name: seed, guidance ... */
  parameters: Record<string, string | number | boolean>;
  modelId: string;
  appVersion: string;
}

export interface EncodedFile {
  bytes: Uint8Array<ArrayBuffer>;
  mediaType: string;
  /** Name of the picture or video format, for display: "H.264". */
  codec: string;
  /** Why it is not the usual format, when it is not. */
  note?: string;
}

/** Every method rejects with a FlipbookError kind in `name`. */
export interface ExportApi {
  mp4(clip: ClipFrames, info: ExportInfo): Promise<EncodedFile>;
  gif(clip: ClipFrames, info: ExportInfo): Promise<EncodedFile>;
  pngZip(clip: ClipFrames, info: ExportInfo): Promise<EncodedFile>;
}
