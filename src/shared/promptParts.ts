/** A prompt, read by a model's list of known words: what is marked and what the model is shown. */
import { learnedForm } from './englishForms';
import { CHINESE_FUNCTION_WORDS, ENGLISH_FUNCTION_WORDS } from './functionWords';
import { hanParts } from './hanParts';
import type { KnownWords } from './manifest';

/** sign: everything between words, and digits. function: grammar, never marked as unknown. */
export type PartKind = 'known' | 'function' | 'unknown' | 'sign';

export interface PromptPart {
  kind: PartKind;
  /** UTF-16 offset in the prompt. The parts of a prompt follow each other without gaps. */
  start: number;
  text: string;
  /** What the model is shown in its place; empty when it never saw it. */
  shown: string;
}

/** Han runs, Latin words with their hyphens, other letters and pictures. */
const WORD = new RegExp(
  [
    String.raw`(?<han>\p{Script=Han}+)`,
    String.raw`(?<latin>\p{Script=Latin}+(?:['’‐‑-]\p{Script=Latin}+)*)`,
    // Pictures with their joiners and variation selectors.
    String.raw`(?<other>(?:\p{L}|\p{M}|\p{Extended_Pictographic}|\p{Join_Control}|\ufe0f)+)`,
  ].join('|'),
  'gu',
);
const HYPHEN = /([‐‑-])/;
const ENGLISH_FUNCTIONS: ReadonlySet<string> = new Set(ENGLISH_FUNCTION_WORDS);
const CHINESE_FUNCTIONS: ReadonlySet<string> = new Set(CHINESE_FUNCTION_WORDS);

/** A package without a word list, such as a converted one, does not say what it knows. */
export function hasWordList(known: KnownWords): boolean {
  return known.en.length + known.zh.length > 0;
}

/**
 * The parts of a prompt in order; their texts joined are the prompt. English goes word by word with
 * simple inflection, Chinese by the segmentation with the fewest unknown characters. Letters of
 * other scripts and emoji are unknown.
 */
export function promptParts(prompt: string, known: KnownWords): PromptPart[] {
  const english = new Set(known.en.map((word) => word.toLowerCase()));
  const parts: PromptPart[] = [];
  let end = 0;
  const addSign = (until: number): void => {
    const text = prompt.slice(end, until);
    if (text !== '') parts.push({ kind: 'sign', start: end, text, shown: text });
  };
  for (const match of prompt.matchAll(WORD)) {
    const { han, latin } = match.groups ?? {};
    addSign(match.index);
    if (han !== undefined) parts.push(...hanParts(han, match.index, known.zh, CHINESE_FUNCTIONS));
    else if (latin !== undefined) parts.push(...latinParts(latin, match.index, english));
    else parts.push({ kind: 'unknown', start: match.index, text: match[0], shown: '' });
    end = match.index + match[0].length;
  }
  addSign(prompt.length);
  return parts;
}

/** A word with hyphens counts as one when it was learned as one ("t-rex"), else as several. */
function latinParts(word: string, start: number, learned: ReadonlySet<string>): PromptPart[] {
  const whole = latinPart(word, start, learned);
  if (whole.kind !== 'unknown' || !HYPHEN.test(word)) return [whole];
  const parts: PromptPart[] = [];
  let at = start;
  for (const piece of word.split(HYPHEN)) {
    if (HYPHEN.test(piece)) parts.push({ kind: 'sign', start: at, text: piece, shown: ' ' });
    else parts.push(latinPart(piece, at, learned));
    at += piece.length;
  }
  return parts;
}

function latinPart(text: string, start: number, learned: ReadonlySet<string>): PromptPart {
  const word = text.normalize('NFKC').toLowerCase().replace(/[‐‑]/g, '-');
  const isFunction = ENGLISH_FUNCTIONS.has(word);
  const form = isFunction ? (learned.has(word) ? word : '') : learnedForm(word, learned);
  if (form === undefined) return { kind: 'unknown', start, text, shown: '' };
  // The user's own spelling where it was learned so: letter case is the tokenizer's business.
  const shown = form === word ? text : form;
  return { kind: isFunction ? 'function' : 'known', start, text, shown };
}
