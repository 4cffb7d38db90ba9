/** The part of gifenc 1.0.3 that we use; the package has no types. */
declare module 'gifenc' {
  type Colour = [red: number, green: number, blue: number];

  export interface GifFrameOptions {
    /** Colour table; the first frame's is the file's, needed there. */
    palette?: Colour[];
    /** Milliseconds, kept in hundredths of a second. */
    delay?: number;
    /** Loops of the file, from the first frame: 0 = for ever, -1 = once. */
    repeat?: number;
  }

  export interface GifEncoder {
    writeFrame(index: Uint8Array, width: number, height: number, options?: GifFrameOptions): void;
    /** Writes the end of the file. */
    finish(): void;
    /** A copy of the bytes so far. */
    bytes(): Uint8Array<ArrayBuffer>;
    stream: { writeBytes(bytes: Uint8Array): void };
  }

  export function GIFEncoder(): GifEncoder;
  export function quantize(rgba: Uint8Array | Uint8ClampedArray, maxColours: number): Colour[];
  /** One index into the palette per pixel. */
  export function applyPalette(rgba: Uint8Array | Uint8ClampedArray, palette: Colour[]): Uint8Array;
}
