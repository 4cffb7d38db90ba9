/** Reading and writing the boxes of an ISO base media file (ISO/IEC 14496-12). */

/** A box's place in the file. */
export interface Box {
  /** Four characters, one per byte. */
  type: string;
  start: number;
  /** First byte after the header. */
  body: number;
  end: number;
}

/** The boxes between two offsets. Throws where sizes do not add up. */
export function readBoxes(file: Uint8Array, start = 0, end = file.length): Box[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const boxes: Box[] = [];
  for (let at = start; at < end;) {
    const box = readBox(view, at, end);
    boxes.push(box);
    at = box.end;
  }
  return boxes;
}

function readBox(view: DataView, start: number, limit: number): Box {
  if (limit - start < 8) throw new Error(`An MP4 box at ${start} has no room for its header.`);
  const type = String.fromCharCode(...[4, 5, 6, 7].map((byte) => view.getUint8(start + byte)));
  const size = view.getUint32(start);
  // 1: a 64-bit size follows. 0: to the end of the file.
  const large = size === 1 && limit - start >= 16;
  const bytes = large ? Number(view.getBigUint64(start + 8)) : size || limit - start;
  const body = start + (large ? 16 : 8);
  const end = start + bytes;
  if (end < body || end > limit) {
    throw new Error(`The MP4 box "${type}" at ${start} has a wrong size (${bytes} bytes).`);
  }
  return { type, start, body, end };
}

/** All boxes at a path below `parents`, e.g. ['trak', 'mdia']. */
export function boxesAt(file: Uint8Array, parents: Box[], path: string[]): Box[] {
  const [type, ...rest] = path;
  if (type === undefined) return parents;
  const children = parents.flatMap((parent) => readBoxes(file, parent.body, parent.end));
  const matching = children.filter((child) => child.type === type);
  return boxesAt(file, matching, rest);
}

/** A box with a 32-bit size. */
export function writeBox(type: string, ...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const content = joined(parts);
  const header = joined([uint32(content.length + 8), latin1(type)]);
  return joined([header, content]);
}

export function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function uint32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** One byte per character, for box types such as "©nam". */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
