import type { Picture } from './upscale';

/**
 * BT.601, limited range: what players assume for small videos, and what we write into the file for
 * those that read it. Converting here gives the same colours and bytes in every browser.
 */
export const I420_COLOURS = {
  primaries: 'bt709',
  transfer: 'bt709',
  matrix: 'smpte170m',
  fullRange: false,
} as const satisfies VideoColorSpaceInit;

/** Planes Y (width * height), U and V (a quarter each) one after the other; sides must be even. */
export function toI420({ width, height, pixels }: Picture): Uint8Array<ArrayBuffer> {
  const luma = width * height;
  const planes = new Uint8Array((luma * 3) / 2);
  for (let index = 0; index < luma; index++) {
    const [r, g, b] = colour(pixels, index);
    planes[index] = 16.5 + (65.481 * r + 128.553 * g + 24.966 * b) / 255;
  }
  const half = width / 2;
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      const [r, g, b] = meanOfFour(pixels, y * width + x, width);
      const at = luma + (y / 2) * half + x / 2;
      planes[at] = 128.5 + (-37.797 * r - 74.203 * g + 112 * b) / 255;
      planes[at + luma / 4] = 128.5 + (112 * r - 93.786 * g - 18.214 * b) / 255;
    }
  }
  return planes;
}

type Colour = [red: number, green: number, blue: number];

function colour(pixels: Uint8ClampedArray, index: number): Colour {
  const at = index * 4;
  return [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
}

/** Mean of the 2 x 2 pixels whose first is at `index`. */
function meanOfFour(pixels: Uint8ClampedArray, index: number, width: number): Colour {
  const sum: Colour = [0, 0, 0];
  for (const at of [index, index + 1, index + width, index + width + 1]) {
    const [r, g, b] = colour(pixels, at);
    sum[0] += r / 4;
    sum[1] += g / 4;
    sum[2] += b / 4;
  }
  return sum;
}
