/** The state of the comparison page and its named actions. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ClipFolder, ReadFolders } from './readFolders';
import { StudyError } from './study/studyError';
import { pairClips, trialKey, trialsFor, type Trial } from './study/trials';
import { mergeVotes, type Answers, type Vote } from './study/vote';
import { newRater, type Rater, type VoteStore } from './study/voteStore';
import { votesFromCsv } from './study/votesCsv';

/** What became of an imported file of votes. */
export interface ImportReport {
  file: string;
  added: number;
  duplicates: number;
  conflicts: number;
  problems: { line: number; rule: string }[];
}

export interface StudyState {
  view: 'start' | 'vote' | 'results';
  folders: readonly ClipFolder[];
  problems: readonly StudyError[];
  imports: readonly ImportReport[];
  rater: Rater;
  votes: readonly Vote[];
  /** Keys of trials put off in this sitting. */
  skipped: readonly string[];
}

export interface StudyActions {
  addFolders: (read: ReadFolders) => void;
  removeFolders: () => void;
  begin: () => void;
  answer: (trial: Trial, answers: Answers, replays: number, seconds: number) => void;
  skip: (trial: Trial) => void;
  /** Shows the results, which ends this rater's blind votes. */
  showResults: () => void;
  toStart: () => void;
  nextRater: () => void;
  nameRater: (name: string) => void;
  importVotes: (files: readonly { name: string; text: string }[]) => void;
  report: (problem: StudyError) => void;
}

export type StudyStore = StoreApi<StudyState>;

export function createStudyStore(
  kept: VoteStore,
  now: () => Date = () => new Date(),
): { store: StudyStore; actions: StudyActions } {
  const store = createStore<StudyState>(() => ({
    view: 'start',
    folders: [],
    problems: [],
    imports: [],
    rater: kept.rater(),
    votes: kept.votes(),
    skipped: [],
  }));
  const set = (part: Partial<StudyState>): void => store.setState(part);
  const setRater = (rater: Rater): void => {
    kept.keepRater(rater);
    set({ rater, skipped: [] });
  };
  const report = (problem: StudyError): void =>
    set({ problems: [...store.getState().problems, problem] });

  /** Keeps votes; what the browser refuses to keep stays in memory for the export. */
  const keep = (votes: readonly Vote[]): void => {
    try {
      kept.add(votes);
    } catch (error) {
      if (!(error instanceof StudyError)) throw error;
      if (!store.getState().problems.some(({ problem }) => problem === 'storage')) report(error);
    }
    set({ votes: mergeVotes(store.getState().votes, votes).votes });
  };

  const importOne = ({ name, text }: { name: string; text: string }): void => {
    try {
      const { votes, problems } = votesFromCsv(text, name);
      const { added, duplicates, conflicts } = mergeVotes(store.getState().votes, votes);
      keep(votes);
      const done = { file: name, added, duplicates, conflicts, problems };
      set({ imports: [...store.getState().imports, done] });
    } catch (error) {
      if (!(error instanceof StudyError)) throw error;
      report(error);
    }
  };

  const actions: StudyActions = {
    addFolders: (read) => set(withFolders(store.getState().folders, read)),
    removeFolders: () => set({ folders: [], problems: [], skipped: [] }),
    begin: () => set({ view: 'vote', problems: [], imports: [] }),
    answer: ({ prompt, seed, left, right }, answers, replays, seconds) => {
      const { rater } = store.getState();
      const side = ({ system, model }: Trial['left']) => ({ system, model });
      keep([
        {
          rater: rater.name,
          raterSeed: rater.seed,
          time: now().toISOString(),
          prompt,
          seed,
          left: side(left),
          right: side(right),
          answers,
          replays,
          seconds,
        },
      ]);
    },
    skip: (trial) => set({ skipped: [...store.getState().skipped, trialKey(trial)] }),
    showResults: () => {
      setRater({ ...store.getState().rater, unblinded: true });
      set({ view: 'results', problems: [], imports: [] });
    },
    toStart: () => set({ view: 'start', problems: [], imports: [] }),
    nextRater: () => {
      setRater(newRater());
      set({ view: 'start', problems: [], imports: [] });
    },
    nameRater: (name) => setRater({ ...store.getState().rater, name }),
    importVotes: (files) => {
      set({ problems: [], imports: [] });
      files.forEach(importOne);
    },
    report,
  };
  return { store, actions };
}

/** New folders join those there; a second one of a name is refused: votes tell systems by name. */
function withFolders(there: readonly ClipFolder[], read: ReadFolders): Partial<StudyState> {
  const folders = [...there];
  const problems = [...read.problems];
  for (const folder of read.folders) {
    if (folders.some(({ name }) => name === folder.name)) {
      problems.push(new StudyError('sameName', folder.name));
    } else folders.push(folder);
  }
  if (folders.length > 1 && pairClips(folders).length === 0) {
    problems.push(new StudyError('noPairs', folders.map(({ name }) => name).join(', ')));
  }
  return { folders, problems, skipped: [] };
}

export interface Progress {
  /** The next comparison; null when this rater has answered all. */
  trial: Trial | null;
  answered: number;
  total: number;
}

/** Where the rater stands. Skipped trials come again when no other is left, first skipped first. */
export function progressOf(state: StudyState): Progress {
  const trials = trialsFor(pairClips(state.folders), state.rater.seed);
  const own = state.votes.filter(({ rater }) => rater === state.rater.name);
  const done = new Set(own.map(trialKey));
  const open = trials.filter((trial) => !done.has(trialKey(trial)));
  const turn = (trial: Trial): number => state.skipped.lastIndexOf(trialKey(trial));
  const [trial = null] = [...open].sort((a, b) => turn(a) - turn(b));
  return { trial, answered: trials.length - open.length, total: trials.length };
}
