import { describe, expect, it } from 'vitest';
import { englishForms, learnedForm } from '../../../src/shared/englishForms';
import { unknownSpans } from '../../../src/shared/unknownSpans';

const KNOWN = {
  en: ['lion', 'drink', 'lake', 'run', 'pony', 'drives', 'wolf', 'walk', 'water', 't-rex'],
  zh: ['狮子', '湖', '喝水', '湖边', '水'],
};

const texts = (prompt: string): string[] => unknownSpans(prompt, KNOWN).map(({ text }) => text);

describe('unknown spans', () => {
  it.each([
    ['A lion drinks water at the lake.', []],
    ["The lions' ponies were running, walked and drinking", []],
    ['a driving wolf drives 3 wolves!', []],
    ['a T-Rex, a lion-walk, a lion-piano', ['piano']],
    ['A zebra and a lion', ['zebra']],
    ['ZEBRA, Lion; piano', ['ZEBRA', 'piano']],
    ['café', ['café']],
    ['狮子在湖边喝水。', []],
    ['斑马在湖边弹钢琴', ['斑马', '弹钢琴']],
    ['一头狮子和一个斑马', ['斑马']],
    ['lion 狮子 🎹 кот', ['🎹', 'кот']],
    ['👨‍👩‍👧 lion', ['👨‍👩‍👧']],
    ['𠀀狮子', ['𠀀']],
    ['', []],
    ['42, 7.5 %!', []],
  ])('%s', (prompt, unknown) => {
    expect(texts(prompt)).toEqual(unknown);
  });

  it('counts offsets in UTF-16 units', () => {
    const prompt = '🦁 和 zebra 弹琴';
    for (const { start, end, text } of unknownSpans(prompt, KNOWN)) {
      expect(prompt.slice(start, end)).toBe(text);
    }
    expect(unknownSpans(prompt, KNOWN)).toHaveLength(3);
  });

  it('are none for a package that does not list its words', () => {
    expect(unknownSpans('a zebra 弹钢琴 🎹', { en: [], zh: [] })).toEqual([]);
  });

  it('cut Chinese so that the fewest characters are unknown', () => {
    // The longest word first would take 湖边的 and leave 草地 without its beginning.
    const known = { en: [], zh: ['湖边', '湖边的', '的草地'] };
    expect(unknownSpans('湖边的草地', known)).toEqual([]);
  });
});

it('undoes simple inflection', () => {
  expect(englishForms('running')).toContain('run');
  expect(englishForms('driving')).toContain('drive');
  expect(englishForms('ponies')).toContain('pony');
  expect(englishForms('boxes')).toContain('box');
  expect(englishForms("lion's")).toContain('lion');
  expect(englishForms('bring')).not.toContain('bre');
});

it.each([
  ['lion', 'lion'],
  ['lions', 'lion'],
  ['walk', 'walks'],
  ['walked', 'walks'],
  ['catching', 'catches'],
  ['i', undefined],
])('finds the form under which %s was learned', (word, form) => {
  expect(learnedForm(word, new Set(['lion', 'walks', 'catches']))).toBe(form);
});
