/** Writes lossless PNG files (ISO/IEC 15948) with text in them. */
import { zlibSync } from 'fflate';
import { joined, latin1, uint32 } from './mp4Boxes';
import type { Picture } from './upscale';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const EIGHT_BITS_RGB = Uint8Array.of(8, 2, 0, 0, 0);
/** Each byte is stored as its difference from the pixel to the left, which deflates well. */
const FILTER_SUB = 1;

/** An opaque RGB picture; `texts` become iTXt chunks, which hold UTF-8. */
export function writePng(picture: Picture, texts: Record<string, string>): Uint8Array<ArrayBuffer> {
  const { width, height } = picture;
  return joined([
    SIGNATURE,
    chunk('IHDR', joined([uint32(width), uint32(height), EIGHT_BITS_RGB])),
    ...Object.entries(texts).map(([keyword, text]) =>
      chunk('iTXt', internationalText(keyword, text)),
    ),
    chunk('IDAT', zlibSync(filteredRows(picture), { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** Keyword, not compressed, no language, no translated keyword, text. */
function internationalText(keyword: string, text: string): Uint8Array {
  return joined([latin1(keyword), new Uint8Array(5), new TextEncoder().encode(text)]);
}

function filteredRows({ width, height, pixels }: Picture): Uint8Array {
  const rowBytes = 1 + width * 3;
  const rows = new Uint8Array(height * rowBytes);
  for (let y = 0; y < height; y++) {
    const row = rows.subarray(y * rowBytes, (y + 1) * rowBytes);
    row[0] = FILTER_SUB;
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const at = (y * width + x) * 4 + channel;
        const left = x === 0 ? 0 : (pixels[at - 4] ?? 0);
        row[1 + x * 3 + channel] = (pixels[at] ?? 0) - left;
      }
    }
  }
  return rows;
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const checked = joined([latin1(type), content]);
  return joined([uint32(content.length), checked, uint32(crc32(checked))]);
}

/** The check sum of PNG and zip: polynomial 0xedb88320, reflected. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
