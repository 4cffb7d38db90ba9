/** Parts of a prompt that the model never saw, by the manifest's list of known words. */
import type { KnownWords } from './manifest';
import { nearWords } from './nearWords';
import { hasWordList, promptParts } from './promptParts';
import type { UnknownSpan } from './protocol';

/** Spans (UTF-16 offsets, ascending) outside of the vocabulary, each with learned words like it. */
export function unknownSpans(prompt: string, known: KnownWords): UnknownSpan[] {
  if (!hasWordList(known)) return [];
  return promptParts(prompt, known)
    .filter(({ kind }) => kind === 'unknown')
    .map(({ start, text }) => ({
      start,
      end: start + text.length,
      text,
      near: nearWords(text, known),
    }));
}
