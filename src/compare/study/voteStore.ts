/** Votes and rater in the browser's storage: they survive a reload and never leave the computer. */
import { StudyError } from './studyError';
import { mergeVotes, type Vote } from './vote';
import { votesFromCsv, votesToCsv } from './votesCsv';

const VOTES_KEY = 'flipbook:compare:votes';
const DAMAGED_KEY = 'flipbook:compare:damaged-votes';
const RATER_KEY = 'flipbook:compare:rater';

export interface Rater {
  /** Anonymous unless the rater writes a name. */
  name: string;
  /** Unsigned 32-bit; decides order and sides. */
  seed: number;
  /** Has seen results: further votes would not be blind. */
  unblinded: boolean;
}

export class VoteStore {
  /** @param storage `localStorage`, or another place of the same kind */
  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem'>) {}

  /** Kept votes. Rows that cannot be read are put aside, not thrown away. */
  votes(): Vote[] {
    const text = this.#read(VOTES_KEY);
    if (text === null) return [];
    try {
      const { votes, problems } = votesFromCsv(text, VOTES_KEY);
      if (problems.length > 0) this.#write(DAMAGED_KEY, text);
      return votes;
    } catch {
      this.#write(DAMAGED_KEY, text);
      return [];
    }
  }

  /**
   * Adds votes to those kept, which another tab may have added to as well; returns all.
   *
   * @throws StudyError storage when the browser keeps nothing
   */
  add(votes: readonly Vote[]): Vote[] {
    const merged = mergeVotes(this.votes(), votes).votes;
    if (!this.#write(VOTES_KEY, votesToCsv(merged))) {
      throw new StudyError('storage', 'localStorage');
    }
    return merged;
  }

  /** The rater of last time, else a new one. */
  rater(): Rater {
    try {
      const stored: unknown = JSON.parse(this.#read(RATER_KEY) ?? 'null');
      if (isRater(stored)) return stored;
    } catch {
      // Not ours or damaged: a new rater.
    }
    const rater = newRater();
    this.keepRater(rater);
    return rater;
  }

  keepRater(rater: Rater): void {
    this.#write(RATER_KEY, JSON.stringify(rater));
  }

  #read(key: string): string | null {
    try {
      return this.storage.getItem(key);
    } catch {
      return null; // Storage is switched off.
    }
  }

  #write(key: string, value: string): boolean {
    try {
      this.storage.setItem(key, value);
      return true;
    } catch {
      return false; // Switched off or full.
    }
  }
}

export function newRater(): Rater {
  const [seed = 0, name = 0] = crypto.getRandomValues(new Uint32Array(2));
  return { name: `rater-${name.toString(36)}`, seed, unblinded: false };
}

function isRater(value: unknown): value is Rater {
  if (typeof value !== 'object' || value === null) return false;
  const { name, seed, unblinded } = value as Partial<Record<keyof Rater, unknown>>;
  return typeof name === 'string' && Number.isInteger(seed) && typeof unblinded === 'boolean';
}
