import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { greyPng } from '../../../training/world/render/greyPng.mjs';

/** The chunks of a PNG file, by type. */
function chunksOf(png: Buffer): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    chunks.set(png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return chunks;
}

describe('greyPng', () => {
  it('writes every row with its pixels', () => {
    const pixels = Buffer.from([0, 50, 100, 150, 200, 255]);
    const chunks = chunksOf(greyPng(3, 2, pixels));
    expect([...chunks.keys()]).toEqual(['IHDR', 'IDAT', 'IEND']);
    const header = chunks.get('IHDR') ?? Buffer.alloc(0);
    expect([header.readUInt32BE(0), header.readUInt32BE(4)]).toEqual([3, 2]);
    expect([...header.subarray(8)]).toEqual([8, 0, 0, 0, 0]);
    const rows = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
    expect([...rows]).toEqual([0, 0, 50, 100, 0, 150, 200, 255]);
  });

  it('refuses a number of pixels that does not fit', () => {
    expect(() => greyPng(3, 2, Buffer.alloc(5))).toThrow('5 grey values do not make 3x2 pixels');
  });
});
