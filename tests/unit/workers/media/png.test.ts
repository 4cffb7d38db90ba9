import { crc32 as zlibCrc32, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32, writePng } from '../../../../workers/media/png';

interface Chunk {
  type: string;
  content: Buffer;
}

function readChunks(file: Uint8Array): Chunk[] {
  const buffer = Buffer.from(file);
  expect(buffer.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  const chunks: Chunk[] = [];
  for (let at = 8; at < buffer.length;) {
    const length = buffer.readUInt32BE(at);
    const checked = buffer.subarray(at + 4, at + 8 + length);
    expect(buffer.readUInt32BE(at + 8 + length)).toBe(zlibCrc32(checked));
    chunks.push({ type: checked.toString('latin1', 0, 4), content: checked.subarray(4) });
    at += length + 12;
  }
  return chunks;
}

const PICTURE = {
  width: 3,
  height: 2,
  pixels: Uint8ClampedArray.from([
    ...[10, 20, 30, 255, 5, 255, 30, 255, 250, 0, 31, 255],
    ...[0, 0, 0, 255, 1, 2, 3, 255, 255, 255, 255, 255],
  ]),
};

describe('PNG', () => {
  it('holds every pixel unchanged', () => {
    const chunks = readChunks(writePng(PICTURE, {}));
    expect(chunks.map(({ type }) => type)).toEqual(['IHDR', 'IDAT', 'IEND']);
    expect([...(chunks[0]?.content ?? [])]).toEqual([0, 0, 0, 3, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
    const rows = inflateSync(chunks[1]?.content ?? Buffer.alloc(0));
    // Filter 1: each byte is the difference from the pixel to the left.
    const minus = (a: number, b: number) => (a - b + 256) % 256;
    expect([...rows]).toEqual([
      ...[1, 10, 20, 30, minus(5, 10), minus(255, 20), 0, minus(250, 5), minus(0, 255), 1],
      ...[1, 0, 0, 0, 1, 2, 3, 254, 253, 252],
    ]);
  });

  it('carries texts in any script', () => {
    const chunks = readChunks(writePng(PICTURE, { prompt: '狮子', parameters: '{}' }));
    const texts = chunks.filter(({ type }) => type === 'iTXt');
    expect(texts.map(({ content }) => content.toString('utf8'))).toEqual([
      'prompt\0\0\0\0\0狮子',
      'parameters\0\0\0\0\0{}',
    ]);
  });

  it('has the check sum of the standard', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  });
});
