/** Parts of a prompt that the model never saw, by the manifest's list of known words. */
import type { KnownWords } from '../../src/shared/manifest';
import type { UnknownSpan } from '../../src/shared/protocol';
import { isKnownEnglish } from './englishForms';
import { CHINESE_FUNCTION_WORDS, ENGLISH_FUNCTION_WORDS } from './functionWords';

/** Han runs, Latin words, other letters and pictures; the rest (digits, signs) is always fine. */
const WORD = new RegExp(
  [
    String.raw`(?<han>\p{Script=Han}+)`,
    String.raw`(?<latin>\p{Script=Latin}+(?:['’]\p{Script=Latin}+)*)`,
    // Pictures with their joiners and variation selectors.
    String.raw`(?<other>(?:\p{L}|\p{M}|\p{Extended_Pictographic}|\p{Join_Control}|\ufe0f)+)`,
  ].join('|'),
  'gu',
);

/**
 * Spans (UTF-16 offsets, ascending) that are outside the vocabulary. English goes word by word
 * with simple inflection, Chinese by longest match; neighbouring unknown Han characters form one
 * span. Letters of other scripts and emoji are unknown.
 */
export function unknownSpans(prompt: string, known: KnownWords): UnknownSpan[] {
  const english = new Set([
    ...known.en.map((word) => word.toLowerCase()),
    ...ENGLISH_FUNCTION_WORDS,
  ]);
  const chinese = new Set([...known.zh, ...CHINESE_FUNCTION_WORDS]);
  const spans: UnknownSpan[] = [];
  for (const match of prompt.matchAll(WORD)) {
    const { han, latin } = match.groups ?? {};
    if (han !== undefined) spans.push(...unknownHan(han, match.index, chinese));
    else if (latin === undefined || !isKnownLatin(latin, english)) {
      spans.push(span(match.index, match[0]));
    }
  }
  return spans;
}

function isKnownLatin(word: string, english: ReadonlySet<string>): boolean {
  return isKnownEnglish(word.normalize('NFKC').toLowerCase(), english);
}

/** Greedy longest match from the left; characters that start no known word are unknown. */
function unknownHan(run: string, offset: number, known: ReadonlySet<string>): UnknownSpan[] {
  const longest = Math.max(1, ...[...known].map((word) => word.length));
  const spans: UnknownSpan[] = [];
  let unknownStart = -1;
  let at = 0;
  while (at < run.length) {
    const length = longestMatch(run, at, longest, known);
    if (length > 0 && unknownStart >= 0) {
      spans.push(span(offset + unknownStart, run.slice(unknownStart, at)));
      unknownStart = -1;
    }
    if (length === 0 && unknownStart < 0) unknownStart = at;
    at += length > 0 ? length : codePointLength(run, at);
  }
  if (unknownStart >= 0) spans.push(span(offset + unknownStart, run.slice(unknownStart)));
  return spans;
}

function longestMatch(
  run: string,
  at: number,
  longest: number,
  known: ReadonlySet<string>,
): number {
  for (let length = Math.min(longest, run.length - at); length > 0; length--) {
    if (known.has(run.slice(at, at + length))) return length;
  }
  return 0;
}

/** UTF-16 units of the character at `at`: rare Han characters take two. */
function codePointLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function span(start: number, text: string): UnknownSpan {
  return { start, end: start + text.length, text };
}
