/** Learned words that a misspelt one may have meant. */
import { editDistance } from './editDistance';
import { CHINESE_FUNCTION_WORDS, ENGLISH_FUNCTION_WORDS } from './functionWords';
import type { KnownWords } from './manifest';

const MOST = 2;
/** In shorter English words one letter makes too many others: cat, car, cow. */
const SHORTEST_ENGLISH = 4;
/** From this length on two slips are forgiven. */
const LONG_ENGLISH = 6;
/** A single Chinese character stands for words of at most this many that hold it. */
const LONGEST_COMPLETION = 3;

const GRAMMAR: ReadonlySet<string> = new Set([
  ...ENGLISH_FUNCTION_WORDS,
  ...CHINESE_FUNCTION_WORDS,
]);

/** At most two learned words like an unknown one, the nearest first; often none. */
export function nearWords(unknown: string, known: KnownWords): string[] {
  const word = unknown.normalize('NFKC').toLowerCase();
  const characters = [...word];
  if (/\p{Script=Han}/u.test(word)) return nearChinese(characters, known.zh);
  if (characters.length < SHORTEST_ENGLISH) return [];
  const slips = characters.length < LONG_ENGLISH ? 1 : 2;
  return nearest(characters, known.en, () => slips);
}

function nearChinese(characters: readonly string[], words: readonly string[]): string[] {
  const [only] = characters;
  if (characters.length === 1 && only !== undefined) {
    const holding = words.filter((word) => word.includes(only) && word.length > 1);
    return holding.filter((word) => [...word].length <= LONGEST_COMPLETION).slice(0, MOST);
  }
  // One slip, but never one that leaves nothing in common.
  return nearest(characters, words, (word) => (word.length > 1 ? 1 : 0));
}

function nearest(
  characters: readonly string[],
  words: readonly string[],
  slips: (word: readonly string[]) => number,
): string[] {
  return words
    .filter((word) => !GRAMMAR.has(word))
    .map((word) => {
      const candidate = [...word];
      const allowed = slips(candidate);
      // The length alone rules most words out.
      const apart = Math.abs(candidate.length - characters.length);
      const distance = apart > allowed ? Infinity : editDistance(characters, candidate);
      return { word, distance: distance > allowed ? Infinity : distance };
    })
    .filter(({ distance }) => distance < Infinity)
    .sort((one, other) => one.distance - other.distance)
    .slice(0, MOST)
    .map(({ word }) => word);
}
