import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * An 8-bit grey PNG file of `pixels`, one byte a pixel, row by row. Throws when their number is
 * not width times height.
 *
 * @param {number} width
 * @param {number} height
 * @param {Buffer} pixels
 */
export function greyPng(width, height, pixels) {
  if (pixels.length !== width * height) {
    throw new Error(`${pixels.length} grey values do not make ${width}x${height} pixels.`);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits a sample; colour type 0 (grey), no interlacing
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) {
    // A row starts with its filter: 0, none.
    pixels.copy(rows, y * (width + 1) + 1, y * width, (y + 1) * width);
  }
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * @param {string} type
 * @param {Buffer} content
 */
function chunk(type, content) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
