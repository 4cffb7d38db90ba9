import { describe, expect, it } from 'vitest';
import { upscale, upscaleFactor, type Picture } from '../../../../workers/media/upscale';

/** A picture whose colour is a function of the place. */
function picture(
  width: number,
  height: number,
  colour: (x: number, y: number) => [number, number, number],
): Picture {
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) pixels.set([...colour(x, y), 255], (y * width + x) * 4);
  }
  return { width, height, pixels };
}

/** Catmull-Rom as the formula stands: the kernel over the distance, 16 neighbours a sample. */
function slowUpscale({ width, height, pixels }: Picture, factor: number): Picture {
  const kernel = (distance: number) => {
    const d = Math.abs(distance);
    if (d < 1) return 1.5 * d ** 3 - 2.5 * d ** 2 + 1;
    return d < 2 ? -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2 : 0;
  };
  const clamp = (value: number, limit: number) => Math.min(Math.max(value, 0), limit - 1);
  return picture(width * factor, height * factor, (outX, outY) => {
    const [x, y] = [(outX + 0.5) / factor - 0.5, (outY + 0.5) / factor - 0.5];
    const sum: [number, number, number] = [0, 0, 0];
    for (let row = Math.floor(y) - 1; row <= Math.floor(y) + 2; row++) {
      for (let column = Math.floor(x) - 1; column <= Math.floor(x) + 2; column++) {
        const weight = kernel(x - column) * kernel(y - row);
        const at = (clamp(row, height) * width + clamp(column, width)) * 4;
        for (const channel of [0, 1, 2] as const)
          sum[channel] += weight * (pixels[at + channel] ?? 0);
      }
    }
    return sum;
  });
}

const speckle = (seed: number) => (x: number, y: number) =>
  [0, 1, 2].map((c) => ((x * 37 + y * 101 + c * 59 + seed) * 2654435761) % 256) as [
    number,
    number,
    number,
  ];

describe('factor of the export', () => {
  it.each([
    [96, 96, 3],
    [32, 32, 8],
    [128, 128, 2],
    [160, 160, 2],
    [255, 255, 2],
    [256, 256, 1],
    [480, 480, 1],
    [96, 128, 3],
    [300, 100, 3],
    [85, 85, 4],
    [87, 87, 4],
    [301, 301, 2],
    [1, 1, 256],
  ])('of %i x %i px is %i: whole, even sides, at least 256 px', (width, height, factor) => {
    expect(upscaleFactor(width, height)).toBe(factor);
  });

  it('is the least one that fits, for all small sizes', () => {
    const fits = (side: number, factor: number) =>
      side * factor >= 256 && (side * factor) % 2 === 0;
    for (let side = 1; side <= 600; side++) {
      const factor = upscaleFactor(side, side);
      expect(fits(side, factor)).toBe(true);
      for (let less = 1; less < factor; less++) expect(fits(side, less)).toBe(false);
    }
  });
});

describe('enlarged picture', () => {
  it.each([
    [3, 7, 5],
    [2, 6, 9],
    [8, 4, 4],
    [5, 1, 3],
  ])('by %i equals the slow formula (%i x %i px)', (factor, width, height) => {
    const small = picture(width, height, speckle(factor));
    const [fast, slow] = [upscale(small, factor), slowUpscale(small, factor)];
    expect([fast.width, fast.height]).toEqual([slow.width, slow.height]);
    const largest = Math.max(
      ...fast.pixels.map((value, index) => Math.abs(value - (slow.pixels[index] ?? NaN))),
    );
    expect(largest).toBeLessThanOrEqual(1); // rounding
  });

  it('keeps a flat colour exactly', () => {
    const flat = upscale(
      picture(5, 4, () => [10, 200, 77]),
      3,
    );
    expect(new Set(new Uint32Array(flat.pixels.buffer)).size).toBe(1);
    expect([...flat.pixels.subarray(0, 4)]).toEqual([10, 200, 77, 255]);
  });

  it('is the same picture for the factor 1', () => {
    const small = picture(2, 2, speckle(1));
    expect(upscale(small, 1)).toEqual(small);
  });
});
