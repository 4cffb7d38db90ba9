import { describe, expect, it } from 'vitest';
import { fileName } from '../../../src/export/fileName';

const named = (prompt: string, parameters: Record<string, string | number> = { seed: 42 }) =>
  fileName({ prompt, parameters, modelId: 'm', appVersion: '1' }, 'mp4');

describe('name of an exported file', () => {
  it.each([
    ['A lion drinks water, at the lake!', 'a-lion-drinks-water-at-the-lake-42.mp4'],
    ['狮子在湖边喝水', '狮子在湖边喝水-42.mp4'],
    ['狮子，在湖边。', '狮子-在湖边-42.mp4'],
    ['  ../../etc/passwd  ', 'etc-passwd-42.mp4'],
    ['a\0b\\c:d*e?f"g<h>i|j', 'a-b-c-d-e-f-g-h-i-j-42.mp4'],
    ['🦁🦁', 'clip-42.mp4'],
    ['', 'clip-42.mp4'],
    ['Café', 'café-42.mp4'],
  ])('of the prompt %j is %s', (prompt, name) => {
    expect(named(prompt)).toBe(name);
  });

  it('joins letters that were typed as base letter and accent', () => {
    expect(named('Cafe\u0301')).toBe('café-42.mp4');
  });

  it('fits every file system: at most 255 bytes, no cut character', () => {
    const name = named('𠮷狮'.repeat(200), { seed: 4294967295 });
    expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(255);
    expect(name).toMatch(/^(𠮷狮){30}-4294967295\.mp4$/u);
  });

  it('does without a seed', () => {
    expect(named('a fox', {})).toBe('a-fox.mp4');
  });
});
