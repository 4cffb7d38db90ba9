/** Reads an MP4 file as a player does, written apart from the code that writes it. */

export interface ReadMp4 {
  /** Types of the file's outermost boxes, in order. */
  order: string[];
  /** Type of the sample description: avc1, vp09, av01. */
  codec: string;
  width: number;
  height: number;
  /** Seconds that each frame is shown. */
  frameSeconds: number[];
  /** Bytes of each frame. */
  frames: Uint8Array[];
  /** Seconds, from the movie header. */
  seconds: number;
  created: number;
  tags: Record<string, string>;
}

class Reader {
  readonly view: DataView;

  constructor(
    readonly file: Uint8Array,
    readonly start = 0,
    readonly end = file.length,
  ) {
    this.view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  }

  /** 32-bit number at an offset from the start. */
  u32(at: number): number {
    return this.view.getUint32(this.start + at);
  }

  text(from = 0, to = this.end - this.start): string {
    return new TextDecoder().decode(this.file.subarray(this.start + from, this.start + to));
  }

  /** Boxes within, from an offset on, each a reader over its content. */
  *boxes(from = 0): Generator<[type: string, content: Reader]> {
    for (let at = this.start + from; at < this.end;) {
      const size = this.view.getUint32(at);
      const type = String.fromCharCode(...this.file.subarray(at + 4, at + 8));
      yield [type, new Reader(this.file, at + 8, at + size)];
      at += size;
    }
  }

  /** The only box of a type; a path such as 'trak/mdia' goes down. */
  box(path: string, from = 0): Reader {
    const [type, ...rest] = path.split('/');
    const found = [...this.boxes(from)].filter(([name]) => name === type);
    const [, content] = found[0] ?? [];
    if (!content || found.length > 1) throw new Error(`${found.length} boxes "${type}".`);
    return rest.length === 0 ? content : content.box(rest.join('/'));
  }
}

export function readMp4(file: Uint8Array): ReadMp4 {
  const root = new Reader(file);
  const moov = root.box('moov');
  const header = moov.box('mvhd');
  const table = moov.box('trak/mdia/minf/stbl');
  const [codec, description] = [...table.box('stsd').boxes(8)][0] ?? [];
  if (!codec || !description) throw new Error('No sample description.');
  const timeScale = moov.box('trak/mdia/mdhd').u32(12);
  return {
    order: [...root.boxes()].map(([type]) => type),
    codec,
    width: description.view.getUint16(description.start + 24),
    height: description.view.getUint16(description.start + 26),
    frameSeconds: readTimes(table.box('stts')).map((time) => time / timeScale),
    frames: readFrames(file, table),
    seconds: header.u32(16) / header.u32(12),
    created: header.u32(4),
    tags: readTags(moov.box('udta/meta').box('ilst', 4)),
  };
}

function readTimes(stts: Reader): number[] {
  const runs = Array.from({ length: stts.u32(4) }, (_, run) => [
    stts.u32(8 + run * 8),
    stts.u32(12 + run * 8),
  ]);
  return runs.flatMap(([count = 0, delta = 0]) => Array<number>(count).fill(delta));
}

/** Follows chunk offsets, samples per chunk and sample sizes. */
function readFrames(file: Uint8Array, table: Reader): Uint8Array[] {
  const [sizes, chunks, runs] = [table.box('stsz'), table.box('stco'), table.box('stsc')];
  const samplesIn = (chunk: number): number => {
    let samples = 0;
    for (let run = 0; run < runs.u32(4); run++) {
      if (runs.u32(8 + run * 12) <= chunk + 1) samples = runs.u32(12 + run * 12);
    }
    return samples;
  };
  const frames: Uint8Array[] = [];
  for (let chunk = 0; chunk < chunks.u32(4); chunk++) {
    let at = chunks.u32(8 + chunk * 4);
    for (let sample = 0; sample < samplesIn(chunk); sample++) {
      const size = sizes.u32(4) || sizes.u32(12 + frames.length * 4);
      frames.push(file.subarray(at, at + size));
      at += size;
    }
  }
  return frames;
}

function readTags(list: Reader): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const [type, item] of list.boxes()) {
    const name = type === '----' ? item.box('name').text(4) : type;
    tags[name] = item.box('data').text(8);
  }
  return tags;
}
