import { describe, expect, it } from 'vitest';
import type { ClipFolder, ReadFolders } from '../../../src/compare/readFolders';
import { StudyError } from '../../../src/compare/study/studyError';
import { trialKey, type Trial } from '../../../src/compare/study/trials';
import type { Answers } from '../../../src/compare/study/vote';
import { VoteStore } from '../../../src/compare/study/voteStore';
import { createStudyStore, progressOf } from '../../../src/compare/studyStore';

/** A browser's storage in memory, with room for `room` characters a value. */
function storage(room = Infinity) {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => {
      if (value.length > room) throw new DOMException('full', 'QuotaExceededError');
      values.set(key, value);
    },
  };
}

const PROMPTS = ['a fox', 'a cow', '狮子'];
const folder = (name: string, prompts = PROMPTS): ClipFolder => ({
  name,
  model: 'm 1',
  clips: prompts.map((prompt) => ({ prompt, seed: 7, file: `${prompt}.mp4` })),
  videos: new Map(),
});
const read = (...folders: ClipFolder[]): ReadFolders => ({ folders, problems: [] });
const ANSWERS: Answers = { texture: 'left', motion: 'same', text: 'right', overall: 'left' };

function open(kept = storage()) {
  const { store, actions } = createStudyStore(new VoteStore(kept));
  const progress = () => progressOf(store.getState());
  const trial = (): Trial => {
    const { trial: next } = progress();
    if (!next) throw new Error('No trial is left.');
    return next;
  };
  return { store, actions, progress, trial, kept };
}

describe('a study', () => {
  it('asks every pair once, and goes on after a reload where it was', () => {
    const first = open();
    first.actions.addFolders(read(folder('ours'), folder('theirs')));
    expect(first.progress()).toMatchObject({ answered: 0, total: 3 });
    const asked = [trialKey(first.trial())];
    first.actions.answer(first.trial(), ANSWERS, 0, 3.5);
    asked.push(trialKey(first.trial()));

    const again = open(first.kept);
    expect(again.store.getState().rater).toEqual(first.store.getState().rater);
    again.actions.addFolders(read(folder('theirs'), folder('ours')));
    expect(trialKey(again.trial())).toBe(asked[1]);
    again.actions.answer(again.trial(), ANSWERS, 1, 2);
    asked.push(trialKey(again.trial()));
    again.actions.answer(again.trial(), ANSWERS, 0, 2);
    expect(again.progress()).toEqual({ trial: null, answered: 3, total: 3 });
    expect(new Set(asked).size).toBe(3);
    expect(again.store.getState().votes).toHaveLength(3);
  });

  it('asks what was skipped again at the end', () => {
    const { actions, trial, progress } = open();
    actions.addFolders(read(folder('ours'), folder('theirs')));
    const skipped = trialKey(trial());
    actions.skip(trial());
    const seen = [trialKey(trial())];
    actions.answer(trial(), ANSWERS, 0, 1);
    seen.push(trialKey(trial()));
    actions.answer(trial(), ANSWERS, 0, 1);
    expect(seen).not.toContain(skipped);
    expect(trialKey(trial())).toBe(skipped);
    actions.skip(trial());
    expect(trialKey(trial())).toBe(skipped);
    expect(progress().answered).toBe(2);
  });

  it('ends a rater’s votes with the results; the next one starts afresh', () => {
    const { store, actions, progress } = open();
    actions.addFolders(read(folder('ours'), folder('theirs')));
    const { trial } = progress();
    actions.answer(trial!, ANSWERS, 0, 1);
    actions.showResults();
    const before = store.getState().rater;
    expect([store.getState().view, before.unblinded]).toEqual(['results', true]);
    actions.nextRater();
    const after = store.getState().rater;
    expect(after.unblinded).toBe(false);
    expect([after.name, after.seed]).not.toEqual([before.name, before.seed]);
    expect(progress()).toMatchObject({ answered: 0, total: 3 });
    expect(store.getState().votes).toHaveLength(1);
  });
});

describe('what goes wrong', () => {
  const problems = ({ store }: ReturnType<typeof open>) =>
    store.getState().problems.map(({ problem, where }) => `${problem} ${where}`);

  it('with folders is said, and the others stay', () => {
    const study = open();
    study.actions.addFolders(read(folder('ours')));
    study.actions.addFolders({ folders: [], problems: [new StudyError('clipsFile', 'bad', 'x')] });
    expect(problems(study)).toEqual(['clipsFile bad']);
    study.actions.addFolders(read(folder('ours', ['another'])));
    expect(problems(study)).toEqual(['sameName ours']);
    study.actions.addFolders(read(folder('theirs', ['a whale'])));
    expect(problems(study)).toEqual(['noPairs ours, theirs']);
    study.actions.addFolders(read(folder('third')));
    expect(problems(study)).toEqual([]);
    expect(study.progress().total).toBe(3);
  });

  it('with imported files loses nothing', () => {
    const source = open();
    source.actions.addFolders(read(folder('ours'), folder('theirs')));
    source.actions.answer(source.trial(), ANSWERS, 0, 1);
    const csv = [...source.kept.values].find(([key]) => key.endsWith(':votes'))?.[1] ?? '';

    const study = open();
    study.actions.importVotes([
      { name: 'one.csv', text: csv },
      { name: 'same.csv', text: `${csv}broken,row\r\n` },
      { name: 'notes.txt', text: 'hello' },
    ]);
    const { imports, votes } = study.store.getState();
    expect(imports).toEqual([
      { file: 'one.csv', added: 1, duplicates: 0, conflicts: 0, problems: [] },
      {
        file: 'same.csv',
        added: 0,
        duplicates: 1,
        conflicts: 0,
        problems: [{ line: 3, rule: 'prompt is empty' }],
      },
    ]);
    expect(problems(study)).toEqual(['csvHeader notes.txt']);
    expect(votes).toEqual(source.store.getState().votes);
  });

  it('with storage is said once, and the votes stay for the export', () => {
    const study = open(storage(300));
    study.actions.addFolders(read(folder('ours'), folder('theirs')));
    study.actions.answer(study.trial(), ANSWERS, 0, 1);
    study.actions.answer(study.trial(), ANSWERS, 0, 1);
    expect(problems(study)).toEqual(['storage localStorage']);
    expect(study.store.getState().votes).toHaveLength(2);
  });

  it('with kept votes puts them aside instead of throwing them away', () => {
    const kept = storage();
    kept.setItem('flipbook:compare:votes', 'not ours');
    kept.setItem('flipbook:compare:rater', '{"name": 3}');
    const study = open(kept);
    expect(study.store.getState().votes).toEqual([]);
    expect(study.store.getState().rater.name).toMatch(/^rater-/);
    expect(kept.getItem('flipbook:compare:damaged-votes')).toBe('not ours');
  });
});
