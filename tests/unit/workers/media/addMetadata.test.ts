import { describe, expect, it } from 'vitest';
import { addMetadata } from '../../../../workers/media/addMetadata';

const TAGS = { title: 'T', comment: 'C', encoder: 'E', custom: { prompt: '狮', parameters: '{}' } };

/** Bytes from text, numbers (big-endian 32 bits) and raw bytes. */
function bytes(...parts: (string | number | number[])[]): number[] {
  return parts.flatMap((part) => {
    if (typeof part === 'string') return [...part].map((letter) => letter.charCodeAt(0));
    if (typeof part === 'number') return [24, 16, 8, 0].map((shift) => (part >>> shift) & 255);
    return part;
  });
}

function box(type: string, ...content: number[][]): number[] {
  const body = content.flat();
  return bytes(body.length + 8, type, body);
}

const within = (types: string[], ...content: number[][]): number[] =>
  types.reduceRight((inner, type) => box(type, inner), content.flat());

const FTYP = box('ftyp', bytes('isom', 512));
/** Version and flags, creation, modification, time scale. */
const TIMES = bytes(0, 0xe1234567, 0xe1234567, 1000);

/** moov first, then mdat with the media "abcdef"; `table` is the chunk offset box. */
function movie(table: (mediaStart: number) => number[]): { file: Uint8Array; moovSize: number } {
  const build = (mediaStart: number) =>
    box(
      'moov',
      box('mvhd', TIMES),
      box(
        'trak',
        box('tkhd', TIMES),
        box('mdia', box('mdhd', TIMES), within(['minf', 'stbl'], table(mediaStart))),
      ),
    );
  const moovSize = build(0).length;
  const moov = build(FTYP.length + moovSize + 8);
  return { file: Uint8Array.from([...FTYP, ...moov, ...box('mdat', bytes('abcdef'))]), moovSize };
}

const text = (file: Uint8Array) => String.fromCharCode(...file);
const uint32At = (file: Uint8Array, at: number) => new DataView(file.buffer).getUint32(at);

/** What must be appended to moov, written out. */
const USER_DATA = within(
  ['udta'],
  box(
    'meta',
    bytes(0),
    box('hdlr', bytes(0, 0, 'mdirappl', 0, 0, [0])),
    box(
      'ilst',
      box('\xa9nam', box('data', bytes(1, 0, 'T'))),
      box('\xa9cmt', box('data', bytes(1, 0, 'C'))),
      box('\xa9too', box('data', bytes(1, 0, 'E'))),
      box(
        '----',
        box('mean', bytes(0, 'com.apple.iTunes')),
        box('name', bytes(0, 'prompt')),
        box('data', bytes(1, 0, [0xe7, 0x8b, 0xae])),
      ),
      box(
        '----',
        box('mean', bytes(0, 'com.apple.iTunes')),
        box('name', bytes(0, 'parameters')),
        box('data', bytes(1, 0, '{}')),
      ),
    ),
  ),
);

describe('tags of an MP4 file', () => {
  it('become the last box of moov, byte for byte', () => {
    const { file, moovSize } = movie(() => box('stco', bytes(0, 0)));
    const tagged = addMetadata(file, TAGS);
    expect(tagged.length).toBe(file.length + USER_DATA.length);
    expect(uint32At(tagged, FTYP.length)).toBe(moovSize + USER_DATA.length);
    const userDataStart = FTYP.length + moovSize;
    const userDataEnd = userDataStart + USER_DATA.length;
    expect([...tagged.subarray(userDataStart, userDataEnd)]).toEqual(USER_DATA);
    expect([...tagged.subarray(userDataEnd)]).toEqual([...file.subarray(userDataStart)]);
  });

  it('move 32-bit chunk offsets, so that they still point at the same media', () => {
    const { file } = movie((start) => box('stco', bytes(0, 2, start, start + 3)));
    const tagged = addMetadata(file, TAGS);
    const table = text(tagged).indexOf('stco') + 12;
    const [first, second] = [uint32At(tagged, table), uint32At(tagged, table + 4)];
    expect(text(tagged.subarray(first, first + 3))).toBe('abc');
    expect(text(tagged.subarray(second, second + 3))).toBe('def');
  });

  it('move 64-bit chunk offsets', () => {
    const { file } = movie((start) => box('co64', bytes(0, 2, 0, start, 0, start + 3)));
    const tagged = addMetadata(file, TAGS);
    const table = text(tagged).indexOf('co64') + 12;
    expect(uint32At(tagged, table)).toBe(0);
    const second = uint32At(tagged, table + 12);
    expect(text(tagged.subarray(second, second + 3))).toBe('def');
  });

  it('leave alone offsets of media that lies before moov', () => {
    const media = box('mdat', bytes('abcdef'));
    const table = box('stco', bytes(0, 1, FTYP.length + 8));
    const moov = within(['moov', 'trak', 'mdia', 'minf', 'stbl'], table);
    const tagged = addMetadata(Uint8Array.from([...FTYP, ...media, ...moov]), TAGS);
    expect(uint32At(tagged, text(tagged).indexOf('stco') + 12)).toBe(FTYP.length + 8);
  });

  it('come with times set to "unknown" and nothing else of these boxes changed', () => {
    const { file } = movie(() => box('stco', bytes(0, 0)));
    const tagged = addMetadata(file, TAGS);
    for (const type of ['mvhd', 'tkhd', 'mdhd']) {
      const body = text(tagged).indexOf(type) + 4;
      expect([...tagged.subarray(body, body + 16)]).toEqual(bytes(0, 0, 0, 1000));
    }
  });

  it('set 64-bit times to "unknown" too', () => {
    const version1 = bytes(0x01000000, 1, 2, 3, 4, 1000);
    const tagged = addMetadata(
      Uint8Array.from([...FTYP, ...box('moov', box('mvhd', version1))]),
      TAGS,
    );
    const body = text(tagged).indexOf('mvhd') + 4;
    expect([...tagged.subarray(body, body + 24)]).toEqual(bytes(0x01000000, 0, 0, 0, 0, 1000));
  });

  it('do not change the given file', () => {
    const { file } = movie((start) => box('stco', bytes(0, 1, start)));
    const before = [...file];
    addMetadata(file, TAGS);
    expect([...file]).toEqual(before);
  });
});

describe('files that cannot be tagged', () => {
  it.each([
    ['without moov', FTYP, '0 moov'],
    ['with two moov', [...box('moov'), ...box('moov')], '2 moov'],
    ['with tags', within(['moov', 'udta']), 'tags already'],
    ['with a box that is too long', bytes(100, 'moov'), '"moov" at 0 has a wrong size'],
    ['with a box that is too short', bytes(4, 'moov'), '"moov" at 0 has a wrong size'],
    ['with a cut header', [0, 0, 0], 'no room for its header'],
  ])('%s', (_, content, message) => {
    expect(() => addMetadata(Uint8Array.from(content), TAGS)).toThrow(message);
  });
});
