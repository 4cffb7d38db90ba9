import type { Language } from './preferences';

/**
 * The prompt with a word of the model's at its end, before a final stop. The word goes in the
 * language that the prompt is written in, else in the page's.
 */
export function withWord(prompt: string, word: Record<Language, string>, page: Language): string {
  const language = languageOf(prompt) ?? page;
  const [, text = '', stop = ''] = /^(.*?)([\s.。!！?？]*)$/su.exec(prompt) ?? [];
  if (text === '') return word[language];
  const gap = language === 'en' ? ' ' : '';
  return text + gap + word[language] + stop.trim();
}

/** Chinese when the prompt holds any Han character, English when it holds other letters. */
function languageOf(prompt: string): Language | null {
  if (/\p{Script=Han}/u.test(prompt)) return 'zh';
  return /\p{L}/u.test(prompt) ? 'en' : null;
}
