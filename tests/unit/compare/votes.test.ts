import { describe, expect, it } from 'vitest';
import { csvLine, readCsv } from '../../../src/compare/study/csv';
import { pairResults } from '../../../src/compare/study/results';
import { mergeVotes, type Answers, type Choice, type Vote } from '../../../src/compare/study/vote';
import { votesFromCsv, votesToCsv } from '../../../src/compare/study/votesCsv';
import { wilsonInterval } from '../../../src/compare/study/wilson';

const all = (choice: Choice): Answers => ({
  texture: choice,
  motion: choice,
  text: choice,
  overall: choice,
});

const vote = (change: Partial<Vote> = {}): Vote => ({
  rater: 'r1',
  raterSeed: 4_000_000_000,
  time: '2026-01-02T03:04:05.000Z',
  prompt: 'a fox, "the red one"\nruns',
  seed: 7,
  left: { system: 'ours', model: 'mini 0.2.0' },
  right: { system: 'baseline', model: 'flat 1' },
  answers: { texture: 'left', motion: 'same', text: 'right', overall: 'left' },
  replays: 2,
  seconds: 12.5,
  ...change,
});
/** The same comparison seen with sides exchanged. */
const swapped = (change: Partial<Vote> = {}): Vote => {
  const { left, right } = vote();
  return vote({ left: right, right: left, ...change });
};

describe('CSV', () => {
  it('comes back as it was written', () => {
    const votes = [vote(), vote({ prompt: '狮子,喝水', seed: null, rater: 'r 2, "x"' })];
    expect(votesFromCsv(votesToCsv(votes), 'f')).toEqual({ votes, problems: [] });
    expect(votesFromCsv(votesToCsv([]), 'f')).toEqual({ votes: [], problems: [] });
  });

  it('reads what other programs write', () => {
    const rows = (text: string) => readCsv(text).map(({ line, cells }) => [line, ...cells]);
    expect(rows('a,b\n1,2\n')).toEqual([
      [1, 'a', 'b'],
      [2, '1', '2'],
    ]);
    expect(rows('\uFEFFa,"b ""c"""\r\n\r\n"1\n2",\r\n3,4')).toEqual([
      [1, 'a', 'b "c"'],
      [3, '1\n2', ''],
      [5, '3', '4'],
    ]);
    expect(rows('"never ends, a\nb')).toEqual([[1, 'never ends, a\nb']]);
    expect(rows('')).toEqual([]);
    const wild = ['', ' ', '"', '""', ',', 'a"b', '\r\n', '狮子', '"a",'];
    expect(readCsv(csvLine(['x', ...wild]))[0]?.cells).toEqual(['x', ...wild]);
  });

  it('keeps the good rows and names the bad ones by line and rule', () => {
    const lines = votesToCsv([vote({ prompt: 'a fox' }), vote({ prompt: 'a cow' })]).split('\r\n');
    const bad = (from: string, to: string) => lines[1]!.replace(from, to);
    const text = [
      ...lines.slice(0, 3),
      bad('left,same', 'left,middle'),
      bad('2026-01-02T03:04:05.000Z', 'yesterday'),
      bad('ours', 'baseline'),
      bad('12.5', '-1'),
      bad('r1', ''),
      'short',
    ].join('\n');
    const { votes, problems } = votesFromCsv(text, 'f');
    expect(votes.map(({ prompt }) => prompt)).toEqual(['a fox', 'a cow']);
    expect(problems.map(({ line, rule }) => `${line} ${rule}`)).toEqual([
      '4 motion must be one of left, same, right: "middle"',
      '5 time is no date: "yesterday"',
      '6 left and right are the same',
      '7 seconds is no number from 0: "-1"',
      '8 rater is empty',
      '9 prompt is empty',
    ]);
  });

  it('is refused as a whole only when columns are missing', () => {
    expect(() => votesFromCsv('rater,time\nx,y', 'votes.csv')).toThrow(/votes\.csv: rater_seed,/);
    expect(() => votesFromCsv('', 'votes.csv')).toThrow(/csvHeader/);
  });
});

describe('votes of several raters', () => {
  it('are merged; duplicates and conflicts are counted and change nothing', () => {
    const own = [vote(), vote({ prompt: 'a cow' })];
    const merged = mergeVotes(own, [
      vote({ rater: 'r2' }),
      vote(),
      // The same answers, seen from the other side.
      swapped({ answers: { texture: 'right', motion: 'same', text: 'left', overall: 'right' } }),
      vote({ answers: all('same') }),
      vote({ rater: 'r2', time: '2026-01-03T00:00:00.000Z' }),
    ]);
    expect(merged.votes).toEqual([...own, vote({ rater: 'r2' })]);
    expect(merged).toMatchObject({ added: 1, duplicates: 3, conflicts: 1 });
  });
});

describe('results', () => {
  it('count preferences whatever the sides were', () => {
    const votes = [
      vote({ answers: all('left') }),
      swapped({ prompt: 'b', answers: all('right') }),
      vote({ prompt: 'c', answers: all('right'), rater: 'r2' }),
      vote({ prompt: 'd', answers: { ...all('same'), motion: 'left' }, rater: 'r2' }),
      vote({ left: { system: 'real', model: '' }, answers: all('left') }),
    ];
    const [first, second] = pairResults(votes);
    expect(first).toMatchObject({ first: 'baseline', second: 'ours', votes: 4, raters: 2 });
    expect(first?.preferences.overall).toEqual({
      first: 1,
      same: 1,
      second: 2,
      share: 1 / 3,
      ...wilsonInterval(1, 3),
    });
    expect(first?.preferences.motion).toMatchObject({ first: 1, same: 0, second: 3, share: 0.25 });
    expect(second).toMatchObject({ first: 'baseline', second: 'real', votes: 1, raters: 1 });
    expect(pairResults([])).toEqual([]);
  });

  it('say nothing where nobody chose', () => {
    const [result] = pairResults([vote({ answers: all('same') })]);
    expect(result?.preferences.text).toEqual({
      first: 0,
      same: 1,
      second: 0,
      share: 0.5,
      low: 0,
      high: 1,
    });
  });

  it.each([
    // Wilson's interval, worked by hand from its formula with z = 1.96.
    [0, 10, 0, 0.2775],
    [5, 10, 0.2366, 0.7634],
    [10, 10, 0.7225, 1],
    [81, 263, 0.2553, 0.3662],
  ])('%d of %d lies within [%d, %d]', (successes, trials, low, high) => {
    const interval = wilsonInterval(successes, trials);
    expect(interval.low).toBeCloseTo(low, 3);
    expect(interval.high).toBeCloseTo(high, 3);
  });
});
