import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { filterThings, matchingWords } from '../../../src/app/card/searchKnowledge';
import type { ModelCard } from '../../../src/shared/modelCard';
import { parseManifest } from '../../../src/shared/parseManifest';

const MICRO = new URL('../../fixtures/models/micro/manifest.json', import.meta.url);
const text = (word: string) => ({ en: word, zh: `${word}（中）` });
const thing = (en: string, zh: string) => ({
  id: en,
  en,
  zh,
  exampleEn: `a ${en} walks`,
  exampleZh: `${zh}走`,
});

const CARD: ModelCard = {
  knows: {
    subjects: [thing('lion', '狮子'), thing('red car', '红色汽车')],
    actions: [thing('drinks water', '喝水')],
    places: [],
    colours: [],
    times: [thing('at night', '在夜晚')],
    weathers: [],
    cameras: [],
  },
  limits: [text('No second subject.')],
  figures: [
    {
      name: text('subject'),
      unit: 'share',
      value: 0.9,
      low: 0.8,
      high: 0.95,
      ceiling: 1,
      floor: 0.1,
    },
    { name: text('PSNR'), unit: 'dB', value: 28.5, clips: 256 },
  ],
  method: text('100 clips'),
  data: text('renders'),
  licences: [
    { what: text('models'), licence: 'CC0', by: 'Quaternius', url: 'https://quaternius.com' },
    { what: text('weights'), licence: 'MIT', by: 'Flipbook contributors' },
  ],
  cost: {
    minutes: 101,
    hardware: '2 CPU cores',
    command: 'python -m training.export_onnx',
    commit: 'abc',
    parts: [
      { name: text('stage 1'), minutes: 46.4, steps: 1634 },
      { name: text('stage 2'), minutes: 16.3, steps: 533, minutesBefore: 38.3 },
    ],
    startedFrom: '0.1.0, abc',
    data: [{ name: text('stage 1'), sha256: 'f'.repeat(64) }],
  },
};

type Draft = Omit<ModelCard, 'knows'> & { knows: Record<string, unknown> };

function withCard(change: (card: Draft) => unknown = () => undefined) {
  const manifest = JSON.parse(readFileSync(MICRO, 'utf8')) as Record<string, unknown>;
  const card = structuredClone(CARD) as Draft;
  change(card);
  return { ...manifest, card };
}

describe('the model card of a manifest', () => {
  it('comes through unchanged, and may be missing', () => {
    expect(parseManifest(withCard()).card).toEqual(CARD);
    const old: Partial<ReturnType<typeof withCard>> = withCard();
    delete old.card;
    expect(parseManifest(old)).not.toHaveProperty('card');
  });

  it.each<[string, RegExp, (card: Draft) => unknown]>([
    ['group', /card\.knows\.places must be a list, but is missing/, (c) => delete c.knows.places],
    [
      'word',
      /card\.knows\.subjects\[1\]\.zh must be a text/,
      (c) => (c.knows.subjects = [thing('lion', '狮子'), { ...thing('x', 'y'), zh: 3 }]),
    ],
    [
      'share',
      /card\.figures\[0\]\.value .* from 0 to 1, but is 90/,
      (c) => (c.figures[0]!.value = 90),
    ],
    [
      'ceiling',
      /card\.figures\[0\]\.ceiling/,
      (c) => Object.assign(c.figures[0]!, { ceiling: '1' }),
    ],
    [
      'unit',
      /card\.figures\[1\]\.unit must be one of/,
      (c) => Object.assign(c.figures[1]!, { unit: '%' }),
    ],
    [
      'address',
      /card\.licences\[0\]\.url must be an address .*"javascript:alert/,
      (c) => (c.licences[0]!.url = 'javascript:alert(1)'),
    ],
    ['cost', /card\.cost must be a JSON object/, (c) => Object.assign(c, { cost: 'little' })],
  ])('is refused by field: %s', (_, message, change) => {
    expect(() => parseManifest(withCard(change))).toThrow(message);
  });
});

describe('searching what a model knows', () => {
  const found = (query: string) =>
    filterThings(CARD.knows, query).map(([group, list]) => [group, list.map(({ id }) => id)]);

  it('finds things in both languages and leaves empty groups out', () => {
    expect(found('')).toHaveLength(3);
    expect(found(' RED')).toEqual([['subjects', ['red car']]]);
    expect(found('水')).toEqual([['actions', ['drinks water']]]);
    expect(found('piano')).toEqual([]);
  });

  it('finds words', () => {
    const words = { en: ['lion', 'lake'], zh: ['狮子'] };
    expect(matchingWords(words, 'L')).toEqual({ en: ['lion', 'lake'], zh: [], count: 2 });
    expect(matchingWords(words, '狮').count).toBe(1);
  });
});
