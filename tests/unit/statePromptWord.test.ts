import { describe, expect, it } from 'vitest';
import { withWord } from '../../src/state/promptWord';

const LION = { en: 'lion', zh: '狮子' };

describe('a word of the model put into the prompt', () => {
  it.each([
    ['', 'en', 'lion'],
    ['', 'zh', '狮子'],
    ['  ', 'zh', '狮子'],
    ['a zebra and a', 'zh', 'a zebra and a lion'],
    ['a zebra and a.', 'en', 'a zebra and a lion.'],
    ['a zebra  ', 'en', 'a zebra lion'],
    ['斑马和一头', 'en', '斑马和一头狮子'],
    ['斑马和。', 'en', '斑马和狮子。'],
    ['42', 'en', '42 lion'],
  ] as const)('%j, page in %s: %j', (prompt, page, result) => {
    expect(withWord(prompt, LION, page)).toBe(result);
  });
});
