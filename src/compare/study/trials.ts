/** The questions' material: two clips of the same prompt, order and sides hidden and random. */
import type { ListedClip } from './clipFolder';
import { seededRandom } from './seededRandom';

/** A folder of clips that takes part in the study. */
export interface System {
  /** The folder's name; it stands for the system in votes and results. */
  name: string;
  /** Model id and version. */
  model: string;
  clips: readonly ListedClip[];
}

/** One comparison. Which side is which system is decided by the rater's seed. */
export interface Trial {
  prompt: string;
  /** The seed that both clips share; null where one of them names none. */
  seed: number | null;
  left: TrialSide;
  right: TrialSide;
}

export interface TrialSide {
  system: string;
  model: string;
  file: string;
}

/**
 * All pairs of clips of the same prompt from two systems, in order of the systems' names. Where both
 * clips name a seed it must be the same; each clip meets at most one clip of another system.
 */
export function pairClips(systems: readonly System[]): Trial[] {
  const sorted = [...systems].sort((a, b) => compareText(a.name, b.name));
  return sorted.flatMap((one, index) =>
    sorted.slice(index + 1).flatMap((other) => pairsOfTwo(one, other)),
  );
}

function pairsOfTwo(one: System, other: System): Trial[] {
  const free = new Set(other.clips);
  const trials: Trial[] = [];
  for (const clip of one.clips) {
    const candidates = [...free].filter(({ prompt }) => prompt === clip.prompt);
    const partner =
      candidates.find(({ seed }) => seed === clip.seed) ??
      candidates.find(({ seed }) => seed === null || clip.seed === null);
    if (!partner) continue;
    free.delete(partner);
    trials.push({
      prompt: clip.prompt,
      seed: clip.seed === partner.seed ? clip.seed : null,
      left: side(one, clip),
      right: side(other, partner),
    });
  }
  return trials;
}

function side({ name, model }: System, { file }: ListedClip): TrialSide {
  return { system: name, model, file };
}

/** What a trial compares, whatever the sides: one rater answers it once. */
export function trialKey({
  prompt,
  seed,
  left,
  right,
}: Pick<Trial, 'prompt' | 'seed'> & {
  left: { system: string };
  right: { system: string };
}): string {
  const systems = [left.system, right.system].sort(compareText);
  return JSON.stringify([prompt, seed, ...systems]);
}

/**
 * The trials in this rater's own order, each with sides drawn at random. The same seed gives the
 * same order, so a study goes on after a reload as it began. Half of a pair's trials, or one more,
 * show either system on the left: a habit of choosing one side favours nobody.
 */
export function trialsFor(trials: readonly Trial[], raterSeed: number): Trial[] {
  const random = seededRandom(raterSeed);
  const shuffled = shuffle(trials, random);
  const turns = new Map<string, boolean>();
  return shuffled.map((trial) => {
    const pair = JSON.stringify([trial.left.system, trial.right.system]);
    const earlier = turns.get(pair);
    // Two neighbours of a pair take opposite sides, which of them first is drawn.
    const swap = earlier === undefined ? random() < 0.5 : !earlier;
    if (earlier === undefined) turns.set(pair, swap);
    else turns.delete(pair);
    return swap ? { ...trial, left: trial.right, right: trial.left } : trial;
  });
}

/** Fisher-Yates: every order is equally likely. */
function shuffle<Item>(items: readonly Item[], random: () => number): Item[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[chosen]] = [shuffled[chosen]!, shuffled[last]!];
  }
  return shuffled;
}

/** By code units: the same order in every browser and language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
