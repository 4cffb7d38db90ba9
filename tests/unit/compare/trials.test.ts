import { describe, expect, it } from 'vitest';
import { parseClipsFile, type ListedClip } from '../../../src/compare/study/clipFolder';
import { seededRandom } from '../../../src/compare/study/seededRandom';
import { StudyError } from '../../../src/compare/study/studyError';
import {
  pairClips,
  trialKey,
  trialsFor,
  type System,
  type Trial,
} from '../../../src/compare/study/trials';

const clip = (prompt: string, seed: number | null = 7): ListedClip => ({
  prompt,
  seed,
  file: `${prompt}-${seed}.mp4`,
});
const system = (name: string, ...clips: ListedClip[]): System => ({ name, model: 'm 1', clips });
const told = ({ prompt, seed, left, right }: Trial) =>
  `${prompt} ${seed} ${left.system}:${left.file} ${right.system}:${right.file}`;

describe('pairs of clips', () => {
  it('share prompt and seed, whatever the order of the folders', () => {
    const one = system('b', clip('fox', 1), clip('fox', 2), clip('cow'));
    const other = system('a', clip('lion'), clip('fox', 2), clip('cow'));
    const pairs = ['fox 2 a:fox-2.mp4 b:fox-2.mp4', 'cow 7 a:cow-7.mp4 b:cow-7.mp4'];
    expect(pairClips([one, other]).map(told)).toEqual(pairs);
    expect(pairClips([other, one]).map(told)).toEqual(pairs);
  });

  it('need no seed where one of both has none, and use each clip once', () => {
    const real = system('real', clip('fox', null), clip('fox', null), clip('cow', null));
    const model = system('model', clip('fox', 1), clip('fox', 2), clip('fox', 3));
    expect(pairClips([real, model]).map(told)).toEqual([
      'fox null model:fox-1.mp4 real:fox-null.mp4',
      'fox null model:fox-2.mp4 real:fox-null.mp4',
    ]);
  });

  it('are made of every two of several systems', () => {
    const systems = ['c', 'a', 'b'].map((name) => system(name, clip('fox')));
    expect(pairClips(systems).map(({ left, right }) => left.system + right.system)).toEqual([
      'ab',
      'ac',
      'bc',
    ]);
  });
});

describe('the order of a rater', () => {
  const clips = Array.from({ length: 40 }, (_, index) => clip(`prompt ${index}`));
  const trials = pairClips([system('a', ...clips), system('b', ...clips)]);
  const keys = (list: Trial[]) => list.map(trialKey);

  it('holds every trial once, the same after a reload, another for another rater', () => {
    const mine = trialsFor(trials, 5);
    expect(trialsFor(trials, 5)).toEqual(mine);
    expect(keys(mine)).not.toEqual(keys(trials));
    expect(keys(mine).sort()).toEqual(keys(trials).sort());
    expect(keys(trialsFor(trials, 6))).not.toEqual(keys(mine));
  });

  it('shows either system as often on the left, at random', () => {
    const sides = [1, 2, 3].map((seed) =>
      trialsFor(trials, seed).map(({ left }) => (left.system === 'a' ? 1 : 0)),
    );
    for (const side of sides) expect(side.reduce<number>((sum, one) => sum + one, 0)).toBe(20);
    expect(new Set(sides.map((side) => side.join(''))).size).toBe(3);
  });

  it('is drawn evenly: every trial comes first about as often', () => {
    const few = trials.slice(0, 4);
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 4000; seed++) {
      const { prompt } = trialsFor(few, seed)[0]!;
      counts.set(prompt, (counts.get(prompt) ?? 0) + 1);
    }
    // Five standard deviations of a binomial with p = 1/4.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(137);
  });
});

it('random numbers are uniform and follow from the seed', () => {
  const [one, again, other] = [seededRandom(1), seededRandom(1), seededRandom(2)];
  const values = Array.from({ length: 10_000 }, one);
  expect(Array.from({ length: 3 }, again)).toEqual(values.slice(0, 3));
  expect(other()).not.toBe(values[0]);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
  expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 1);
});

describe('clips.json', () => {
  const GOOD = {
    format: 1,
    model: { id: 'mini', version: '0.1.0' },
    clips: [
      { prompt: ' a fox ', seed: 7, file: 'fox.mp4', frames: 33 },
      { prompt: '狮子', file: 'lion.mp4' },
    ],
    failed: [],
  };

  it('is read, with clips that have no seed', () => {
    expect(parseClipsFile(`\uFEFF${JSON.stringify(GOOD)}`, 'f')).toEqual({
      model: { id: 'mini', version: '0.1.0' },
      clips: [
        { prompt: 'a fox', seed: 7, file: 'fox.mp4' },
        { prompt: '狮子', seed: null, file: 'lion.mp4' },
      ],
    });
  });

  it.each([
    ['{"format": 1,', 'it is no JSON'],
    ['[]', 'the whole file must be an object'],
    [JSON.stringify({ ...GOOD, format: 2 }), '"format" must be 1'],
    [JSON.stringify({ ...GOOD, model: { id: 'x' } }), 'model.version must be a text'],
    [JSON.stringify({ ...GOOD, clips: {} }), '"clips" must be a list'],
    [JSON.stringify({ ...GOOD, clips: [] }), '"clips" is empty'],
    [JSON.stringify({ ...GOOD, clips: [{ prompt: 'x' }] }), 'clips[0].file must be a text'],
    [
      JSON.stringify({ ...GOOD, clips: [...GOOD.clips, { prompt: 'x', file: 'y', seed: '7' }] }),
      'clips[2].seed must be a number',
    ],
  ])('%s is refused', (text, rule) => {
    const read = () => parseClipsFile(text, 'my-folder');
    expect(read).toThrow(StudyError);
    expect(read).toThrow(`clipsFile: my-folder: ${rule}`);
  });
});
