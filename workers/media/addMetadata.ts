/**
 * Adds tags to an MP4 file that has none, the way iTunes writes them: moov/udta/meta/ilst with one
 * box per tag. Every common player, ffprobe and file manager reads that form.
 */
import { boxesAt, joined, latin1, readBoxes, uint32, writeBox, type Box } from './mp4Boxes';

export interface Mp4Tags {
  title: string;
  comment: string;
  /** Name and version of the program. */
  encoder: string;
  /** Keys of our own, e.g. prompt and parameters; shown under these names by ffprobe. */
  custom: Record<string, string>;
}

const UTF8_TEXT = 1;
const CREATION_AND_MODIFICATION = 2;

/**
 * Returns a new file with the tags as last box of `moov`. Chunk offsets that point behind `moov`
 * move along. Times are set to "unknown", so that equal clips give equal bytes.
 *
 * @throws Error when the file has no or several `moov`, or has user data already
 */
export function addMetadata(file: Uint8Array, tags: Mp4Tags): Uint8Array<ArrayBuffer> {
  const movies = readBoxes(file).filter(({ type }) => type === 'moov');
  const [moov] = movies;
  if (!moov || movies.length !== 1) throw new Error(`The file has ${movies.length} moov boxes.`);
  if (boxesAt(file, [moov], ['udta']).length > 0) throw new Error('The file has tags already.');
  const userData = userDataBox(tags);
  const body = file.slice(moov.body, moov.end);
  const wholeBody: Box = { type: 'moov', start: 0, body: 0, end: body.length };
  shiftChunkOffsets(body, wholeBody, moov.end, userData.length);
  clearTimes(body, wholeBody);
  return joined([
    file.subarray(0, moov.start),
    writeBox('moov', body, userData),
    file.subarray(moov.end),
  ]);
}

function userDataBox({ title, comment, encoder, custom }: Mp4Tags): Uint8Array {
  const handler = writeBox(
    'hdlr',
    uint32(0), // version and flags
    uint32(0),
    latin1('mdirappl'),
    new Uint8Array(9), // reserved, and an empty name
  );
  const items = [
    writeBox('©nam', textData(title)),
    writeBox('©cmt', textData(comment)),
    writeBox('©too', textData(encoder)),
    ...Object.entries(custom).map(([name, value]) => customItem(name, value)),
  ];
  return writeBox('udta', writeBox('meta', uint32(0), handler, writeBox('ilst', ...items)));
}

function textData(text: string): Uint8Array {
  return writeBox('data', uint32(UTF8_TEXT), uint32(0), new TextEncoder().encode(text));
}

/** A tag with a name of its own; the domain is the one that readers look for. */
function customItem(name: string, value: string): Uint8Array {
  const domain = writeBox('mean', uint32(0), latin1('com.apple.iTunes'));
  return writeBox('----', domain, writeBox('name', uint32(0), latin1(name)), textData(value));
}

/** @param from offsets at or behind this one move by `distance` bytes */
function shiftChunkOffsets(body: Uint8Array, moov: Box, from: number, distance: number): void {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const table = ['trak', 'mdia', 'minf', 'stbl'];
  for (const box of boxesAt(body, [moov], [...table, 'stco'])) {
    for (let at = box.body + 8; at < box.end; at += 4) {
      const offset = view.getUint32(at);
      if (offset >= from) view.setUint32(at, movedInto32Bits(offset + distance));
    }
  }
  for (const box of boxesAt(body, [moov], [...table, 'co64'])) {
    for (let at = box.body + 8; at < box.end; at += 8) {
      const offset = view.getBigUint64(at);
      if (offset >= from) view.setBigUint64(at, offset + BigInt(distance));
    }
  }
}

function movedInto32Bits(offset: number): number {
  if (offset < 2 ** 32) return offset;
  throw new Error('The file is too large for its 32-bit chunk offsets.');
}

function clearTimes(body: Uint8Array, moov: Box): void {
  const headers = [['mvhd'], ['trak', 'tkhd'], ['trak', 'mdia', 'mdhd']];
  for (const box of headers.flatMap((path) => boxesAt(body, [moov], path))) {
    const bytesPerTime = body[box.body] === 1 ? 8 : 4; // by version
    const first = box.body + 4;
    body.fill(0, first, first + CREATION_AND_MODIFICATION * bytesPerTime);
  }
}
