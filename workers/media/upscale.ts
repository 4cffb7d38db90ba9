/** Enlarging by a whole number, for export: frames of 96 px are too small for most players. */

/** An RGBA picture. */
export interface Picture {
  width: number;
  height: number;
  /** width * height * 4 bytes. */
  pixels: Uint8ClampedArray;
}

/** Shortest side of an exported picture, in pixels; some video encoders refuse less. */
export const MIN_EXPORT_SIDE = 256;

/** Stated in the files. Nearest neighbour shows stairs at every edge, Lanczos rings beside them. */
export const UPSCALE_FILTER = 'Catmull-Rom';

/** The least factor that gives both sides at least `MIN_EXPORT_SIDE` and an even length. */
export function upscaleFactor(width: number, height: number): number {
  const factor = Math.max(1, Math.ceil(MIN_EXPORT_SIDE / Math.min(width, height)));
  const even = (width * factor) % 2 === 0 && (height * factor) % 2 === 0;
  return even ? factor : factor + 1;
}

/** Catmull-Rom interpolation along both axes; edges are continued. The result is opaque. */
export function upscale({ width, height, pixels }: Picture, factor: number): Picture {
  if (factor === 1) return { width, height, pixels };
  const taps = phaseTaps(factor);
  const wide = new Float32Array(width * factor * height * 3);
  for (let y = 0; y < height; y++) {
    const row = (x: number, channel: number) => pixels[(y * width + x) * 4 + channel] ?? 0;
    stretchLine(row, width, factor, taps, (x, channel, value) => {
      wide[(y * width * factor + x) * 3 + channel] = value;
    });
  }
  const [outWidth, outHeight] = [width * factor, height * factor];
  const out = new Uint8ClampedArray(outWidth * outHeight * 4).fill(255);
  for (let x = 0; x < outWidth; x++) {
    const column = (y: number, channel: number) => wide[(y * outWidth + x) * 3 + channel] ?? 0;
    stretchLine(column, height, factor, taps, (y, channel, value) => {
      out[(y * outWidth + x) * 4 + channel] = value;
    });
  }
  return { width: outWidth, height: outHeight, pixels: out };
}

/** Where an output sample's four source samples begin, relative to its own, and their weights. */
interface Taps {
  start: number;
  weights: [number, number, number, number];
}

/** One entry for each of the `factor` output samples of a source sample. */
function phaseTaps(factor: number): Taps[] {
  return Array.from({ length: factor }, (_, phase) => {
    const centre = (phase + 0.5) / factor - 0.5;
    const before = Math.floor(centre);
    return { start: before - 1, weights: catmullRom(centre - before) };
  });
}

/** Weights of the samples at -1, 0, 1, 2 for a point at `t` in 0..1; they sum to 1. */
function catmullRom(t: number): [number, number, number, number] {
  const [t2, t3] = [t * t, t * t * t];
  return [
    -0.5 * t3 + t2 - 0.5 * t,
    1.5 * t3 - 2.5 * t2 + 1,
    -1.5 * t3 + 2 * t2 + 0.5 * t,
    0.5 * t3 - 0.5 * t2,
  ];
}

/** Stretches one row or column of three channels. */
function stretchLine(
  read: (index: number, channel: number) => number,
  length: number,
  factor: number,
  taps: Taps[],
  write: (index: number, channel: number, value: number) => void,
): void {
  const sample = (index: number, channel: number) =>
    read(Math.min(Math.max(index, 0), length - 1), channel);
  for (let index = 0; index < length * factor; index++) {
    const tap = taps[index % factor];
    if (!tap) continue;
    const first = Math.floor(index / factor) + tap.start;
    const [a, b, c, d] = tap.weights;
    for (let channel = 0; channel < 3; channel++) {
      const value =
        a * sample(first, channel) +
        b * sample(first + 1, channel) +
        c * sample(first + 2, channel) +
        d * sample(first + 3, channel);
      write(index, channel, value);
    }
  }
}
