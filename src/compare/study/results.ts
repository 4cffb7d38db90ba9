/** How often raters prefer one system to another. */
import { compareText } from './trials';
import { preferred, QUESTIONS, type Question, type Vote } from './vote';
import { wilsonInterval } from './wilson';

export interface Preference {
  /** Votes for the first system, for neither, for the second. */
  first: number;
  same: number;
  second: number;
  /** Share of the first among votes that chose a side, with its 95 % interval; 0.5 = no choice. */
  share: number;
  low: number;
  high: number;
}

/** The votes on two systems, named in alphabetical order. */
export interface PairResult {
  first: string;
  second: string;
  votes: number;
  raters: number;
  preferences: Record<Question, Preference>;
}

/**
 * One result per pair of systems that was voted on. Votes count alike; the interval takes them as
 * independent, so few raters with many votes each make it too narrow: the raters are told beside it.
 */
export function pairResults(votes: readonly Vote[]): PairResult[] {
  const pairs = new Map<string, Vote[]>();
  for (const vote of votes) {
    const key = JSON.stringify([vote.left.system, vote.right.system].sort(compareText));
    pairs.set(key, [...(pairs.get(key) ?? []), vote]);
  }
  return [...pairs]
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, list]) => {
      const [first = '', second = ''] = JSON.parse(key) as string[];
      const preferences = QUESTIONS.map((question) => [
        question,
        preference(list, question, first),
      ]);
      return {
        first,
        second,
        votes: list.length,
        raters: new Set(list.map(({ rater }) => rater)).size,
        preferences: Object.fromEntries(preferences) as PairResult['preferences'],
      };
    });
}

function preference(votes: readonly Vote[], question: Question, system: string): Preference {
  const chosen = votes.map((vote) => preferred(vote, question));
  const first = chosen.filter((name) => name === system).length;
  const same = chosen.filter((name) => name === null).length;
  const decided = votes.length - same;
  const share = decided === 0 ? 0.5 : first / decided;
  return { first, same, second: decided - first, share, ...wilsonInterval(first, decided) };
}
