import type { KnownWords } from '../../shared/manifest';
import { KNOWN_GROUPS, type KnownGroup, type KnownThing } from '../../shared/modelCard';

/** The groups that hold things with `query` in a word of either language; empty ones are left out. */
export function filterThings(
  things: Record<KnownGroup, KnownThing[]>,
  query: string,
): [KnownGroup, KnownThing[]][] {
  const wanted = query.trim().toLowerCase();
  return KNOWN_GROUPS.map((group): [KnownGroup, KnownThing[]] => [
    group,
    things[group].filter(({ en, zh }) => `${en.toLowerCase()}\n${zh}`.includes(wanted)),
  ]).filter(([, list]) => list.length > 0);
}

/** Learned words that hold `query`. */
export function matchingWords(words: KnownWords, query: string): KnownWords & { count: number } {
  const wanted = query.trim().toLowerCase();
  const matching = (list: readonly string[]): string[] =>
    list.filter((word) => word.includes(wanted));
  const [en, zh] = [matching(words.en), matching(words.zh)];
  return { en, zh, count: en.length + zh.length };
}
