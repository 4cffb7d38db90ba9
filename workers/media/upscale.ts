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
  const colours = new Float32Array(width * height * 3);
  for (let index = 0; index < width * height; index++) {
    colours.set(pixels.subarray(index * 4, index * 4 + 3), index * 3);
  }
  const wide = stretchAndTurn(colours, height, width, factor);
  const large = stretchAndTurn(wide, width * factor, height, factor);
  const out = new Uint8ClampedArray(large.length + large.length / 3);
  for (let index = 0; index < large.length / 3; index++) {
    out[index * 4] = large[index * 3] ?? 0;
    out[index * 4 + 1] = large[index * 3 + 1] ?? 0;
    out[index * 4 + 2] = large[index * 3 + 2] ?? 0;
    out[index * 4 + 3] = 255;
  }
  return { width: width * factor, height: height * factor, pixels: out };
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

/**
 * Stretches every row and swaps rows with columns, so that doing it twice stretches both ways.
 *
 * @param source three channels, [rows, columns, 3]
 * @returns [columns * factor, rows, 3]
 */
function stretchAndTurn(
  source: Float32Array,
  rows: number,
  columns: number,
  factor: number,
): Float32Array {
  const phases = phaseTaps(factor);
  const out = new Float32Array(source.length * factor);
  for (let column = 0; column < columns * factor; column++) {
    const tap = phases[column % factor];
    if (!tap) continue;
    const [weightA, weightB, weightC, weightD] = tap.weights;
    const [a, b, c, d] = fourFrom(Math.floor(column / factor) + tap.start, columns);
    for (let row = 0; row < rows; row++) {
      for (let channel = 0; channel < 3; channel++) {
        const at = row * columns * 3 + channel;
        out[(column * rows + row) * 3 + channel] =
          weightA * (source[at + a] ?? 0) +
          weightB * (source[at + b] ?? 0) +
          weightC * (source[at + c] ?? 0) +
          weightD * (source[at + d] ?? 0);
      }
    }
  }
  return out;
}

/** Offsets within a row of four neighbouring columns; beyond an edge, its last column. */
function fourFrom(first: number, columns: number): [number, number, number, number] {
  const offset = (column: number) => Math.min(Math.max(column, 0), columns - 1) * 3;
  return [offset(first), offset(first + 1), offset(first + 2), offset(first + 3)];
}
