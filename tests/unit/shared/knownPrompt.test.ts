import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { editDistance } from '../../../src/shared/editDistance';
import { errorKind } from '../../../src/shared/errors';
import { checkKnown, knownPrompt } from '../../../src/shared/knownPrompt';
import type { ExamplePrompt } from '../../../src/shared/manifest';
import { nearWords } from '../../../src/shared/nearWords';
import { parseManifest } from '../../../src/shared/parseManifest';

const MICRO = new URL('../../fixtures/models/micro/manifest.json', import.meta.url);
const { knownWords: KNOWN, examples } = parseManifest(JSON.parse(readFileSync(MICRO, 'utf8')));

describe('what the model is shown', () => {
  it.each([
    // English: unknown words go, with the words that belonged to them alone.
    ['A fluffy lion drinks water.', 'A lion drinks water.'],
    ['A lion with a hat in the forest', 'A lion in the forest'],
    ['A lion plays the saxophone in the snow!', 'A lion in the snow!'],
    ['A lion walks in the library.', 'A lion walks.'],
    ['Yesterday, a lion walks', 'a lion walks'],
    ['A red car drives to the left. 😀', 'A red car drives to the left.'],
    // Inflections that it never saw become those that it did.
    ['two lions walked quickly through the snow', 'lion walks the snow'],
    ['a T-Rex runs', 'a T-Rex runs'],
    // Chinese.
    ['一头毛茸茸的狮子在湖边喝水。', '一头狮子在湖边喝水。'],
    ['狮子在湖边弹钢琴', '狮子在湖边'],
    ['狮子在图书馆里喝水', '狮子喝水'],
    ['画面中，狮子正在森林里走', '狮子正在森林里走'],
    // Both, and contradictions, which are not ours to judge.
    ['a lion 弹钢琴 at the lake', 'a lion at the lake'],
    ['a lion drives under water in the desert', 'a lion drives under water in the desert'],
  ])('%s', (prompt, shown) => {
    expect(knownPrompt(prompt, KNOWN)).toBe(shown);
  });

  it('is the prompt itself where every word was learned', () => {
    expect(examples.length).toBeGreaterThan(5);
    for (const { text } of examples) expect(knownPrompt(text, KNOWN)).toBe(text);
    const spaced = '  a  lion ,  walks ';
    expect(knownPrompt(spaced, KNOWN)).toBe(spaced);
  });

  it('is the prompt itself where a package does not list its words', () => {
    expect(knownPrompt('a zebra 弹钢琴 🎹', { en: [], zh: [] })).toBe('a zebra 弹钢琴 🎹');
  });

  it('never changes when it is read again', () => {
    for (const prompt of ['A lion with a hat walked, in the library', '一头大象和狮子在湖边']) {
      const once = knownPrompt(prompt, KNOWN);
      expect(knownPrompt(once, KNOWN)).toBe(once);
    }
  });
});

describe('a prompt of which nothing is known', () => {
  const refusal = (prompt: string, offered: ExamplePrompt[] = examples): Error => {
    try {
      checkKnown(prompt, KNOWN, offered);
    } catch (error) {
      return error as Error;
    }
    throw new Error(`"${prompt}" was not refused.`);
  };

  it('is refused with near words and an example in its language', () => {
    const english = refusal('the elefant plays pianoo with a zebar');
    expect(errorKind(english)).toBe('InvalidPrompt');
    expect(english.message).toMatch(/no word of “the elefant .*meant: zebra\..*example: A lion/);
    expect(refusal('弹钢琴').message).toMatch(/example: 狮子在湖边喝水/);
    expect(refusal('一只大象').message).toContain('no word of “一只大象”');
    expect(refusal('42').message).toContain('no word of “42”');
    expect(refusal('piano '.repeat(50), []).message).toMatch(/…”\. Use words that it learned\.$/);
  });

  it('is only that: one known word is enough', () => {
    expect(() => checkKnown('piano lion', KNOWN, examples)).not.toThrow();
    expect(() => checkKnown('弹钢琴的狮子', KNOWN, examples)).not.toThrow();
    expect(() => checkKnown('piano', { en: [], zh: [] }, examples)).not.toThrow();
  });
});

describe('near words', () => {
  it.each([
    ['lionn', ['lion']],
    ['LOIN', ['lion']],
    ['zebar', ['zebra']],
    ['trex', ['t-rex']],
    ['triceratop', ['triceratops']],
    ['cat', []],
    ['saxophone', []],
    ['狮', ['狮子', '雄狮']],
    ['狮字', ['狮子']],
    ['钢琴', []],
    ['🎷', []],
  ])('of %s: %j', (word, near) => {
    expect(nearWords(word, KNOWN)).toEqual(near);
  });

  it('count edits and swaps', () => {
    const distance = (a: string, b: string) => editDistance([...a], [...b]);
    expect(distance('', 'abc')).toBe(3);
    expect(distance('kitten', 'sitting')).toBe(3);
    expect(distance('abcd', 'acbd')).toBe(1);
    expect(distance('ca', 'abc')).toBe(3);
    expect(distance('𠀀狮', '狮')).toBe(1);
  });
});
