/**
 * A rater's answer to one comparison. The questions are those of CogVideo's study with 90 raters
 * (frame texture, motion realism, semantic relevance, overall quality). Raters choose a side instead
 * of giving 1 to 5 points: points need raters who share a scale, a choice between two clips of one
 * prompt does not, and its share has an exact interval even for few votes.
 */
import { trialKey } from './trials';

export const QUESTIONS = ['texture', 'motion', 'text', 'overall'] as const;
export type Question = (typeof QUESTIONS)[number];

export const CHOICES = ['left', 'same', 'right'] as const;
export type Choice = (typeof CHOICES)[number];
export type Answers = Record<Question, Choice>;

export interface Vote {
  /** Anonymous name of the rater. */
  rater: string;
  /** Decided this rater's order and sides. */
  raterSeed: number;
  /** ISO 8601, UTC. */
  time: string;
  prompt: string;
  seed: number | null;
  left: { system: string; model: string };
  right: { system: string; model: string };
  answers: Answers;
  /** Times that the pair was played from its beginning by hand. */
  replays: number;
  /** From the first picture to the answer. */
  seconds: number;
}

/** What makes two votes the same vote: one rater, one comparison. */
export function voteKey(vote: Vote): string {
  return JSON.stringify([vote.rater, trialKey(vote)]);
}

/** The system that an answer prefers; null for "same". */
export function preferred(vote: Vote, question: Question): string | null {
  const choice = vote.answers[question];
  return choice === 'same' ? null : vote[choice].system;
}

export interface MergedVotes {
  votes: Vote[];
  added: number;
  /** Already there with the same answers. */
  duplicates: number;
  /** Already there with other answers; the earlier ones stay. */
  conflicts: number;
}

/** Adds votes to votes; each rater's answer to a comparison counts once. */
export function mergeVotes(own: readonly Vote[], more: readonly Vote[]): MergedVotes {
  const byKey = new Map(own.map((vote) => [voteKey(vote), vote]));
  const merged: MergedVotes = { votes: [...own], added: 0, duplicates: 0, conflicts: 0 };
  for (const vote of more) {
    const earlier = byKey.get(voteKey(vote));
    if (!earlier) {
      byKey.set(voteKey(vote), vote);
      merged.votes.push(vote);
      merged.added += 1;
    } else if (QUESTIONS.every((q) => preferred(earlier, q) === preferred(vote, q))) {
      merged.duplicates += 1;
    } else merged.conflicts += 1;
  }
  return merged;
}
