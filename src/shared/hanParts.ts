/** Chinese without spaces: cut so that as few characters as possible remain unknown. */
import type { PromptPart } from './promptParts';

/** Costs of a cut; the cheapest path wins. Learned words first, then grammar, then few pieces. */
const KNOWN_COST = 1;
const FUNCTION_COST = 1.5;
const UNKNOWN_COST = 100;

interface Cut {
  cost: number;
  kind: 'known' | 'function' | 'unknown';
  /** Where the piece that ends here begins. */
  from: number;
}

/**
 * Parts of a run of Han characters that stands at UTF-16 `offset`; neighbouring unknown characters
 * form one part. Grammar is shown to the model where its characters occur in learned words.
 */
export function hanParts(
  run: string,
  offset: number,
  words: readonly string[],
  functions: ReadonlySet<string>,
): PromptPart[] {
  const learned = new Set(words);
  const characters = new Set(words.join(''));
  const parts: PromptPart[] = [];
  for (const { kind, from, to } of cheapestCuts(run, learned, functions)) {
    const text = run.slice(from, to);
    const last = parts.at(-1);
    if (kind === 'unknown' && last?.kind === 'unknown') {
      last.text += text;
      continue;
    }
    const hidden = kind === 'unknown' || (kind === 'function' && !holdsOnly(text, characters));
    parts.push({ kind, start: offset + from, text, shown: hidden ? '' : text });
  }
  return parts;
}

function holdsOnly(text: string, characters: ReadonlySet<string>): boolean {
  return [...text].every((character) => characters.has(character));
}

/** Shortest path over the run's characters; `best[i]` is the cheapest way to cut run[0..i]. */
function cheapestCuts(
  run: string,
  learned: ReadonlySet<string>,
  functions: ReadonlySet<string>,
): (Pick<Cut, 'kind' | 'from'> & { to: number })[] {
  const longest = Math.max(1, ...[...learned, ...functions].map((word) => word.length));
  const best = new Map<number, Cut>([[0, { cost: 0, kind: 'known', from: 0 }]]);
  const offer = (from: number, to: number, kind: Cut['kind'], extra: number): void => {
    const cost = (best.get(from)?.cost ?? Infinity) + extra;
    if (cost < (best.get(to)?.cost ?? Infinity)) best.set(to, { cost, kind, from });
  };
  for (let at = 0; at < run.length; at += characterLength(run, at)) {
    offer(at, at + characterLength(run, at), 'unknown', UNKNOWN_COST);
    for (let to = at + 1; to <= Math.min(run.length, at + longest); to++) {
      const word = run.slice(at, to);
      // Grammar is grammar, learned or not: a measure word alone is nothing to draw.
      if (functions.has(word)) offer(at, to, 'function', FUNCTION_COST);
      else if (learned.has(word)) offer(at, to, 'known', KNOWN_COST);
    }
  }
  const cuts: (Pick<Cut, 'kind' | 'from'> & { to: number })[] = [];
  for (let to = run.length; to > 0;) {
    const { kind, from } = best.get(to)!;
    cuts.push({ kind, from, to });
    to = from;
  }
  return cuts.reverse();
}

/** UTF-16 units of the character at `at`: rare Han characters take two. */
function characterLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}
