import { describe, expect, it } from 'vitest';
import { toI420 } from '../../../../workers/media/i420';

type Colour = [number, number, number];

function flat(width: number, height: number, colours: Colour[]) {
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let index = 0; index < width * height; index++) {
    pixels.set([...(colours[index % colours.length] ?? [0, 0, 0]), 255], index * 4);
  }
  return { width, height, pixels };
}

describe('I420 planes, BT.601 limited range', () => {
  // Reference values of ITU-R BT.601, 8 bits.
  it.each([
    ['black', [0, 0, 0], [16, 128, 128]],
    ['white', [255, 255, 255], [235, 128, 128]],
    ['red', [255, 0, 0], [81, 90, 240]],
    ['green', [0, 255, 0], [145, 54, 34]],
    ['blue', [0, 0, 255], [41, 240, 110]],
  ] as [string, Colour, Colour][])('%s', (_, colour, [y, u, v]) => {
    const planes = toI420(flat(4, 2, [colour]));
    expect([...planes]).toEqual([...Array<number>(8).fill(y), u, u, v, v]);
  });

  it('average the colour over two by two pixels and keep the brightness of each', () => {
    const planes = toI420(
      flat(2, 2, [
        [0, 0, 0],
        [0, 0, 0],
        [255, 255, 255],
        [255, 0, 0],
      ]),
    );
    expect([...planes]).toEqual([16, 16, 235, 81, 119, 156]);
  });
});
