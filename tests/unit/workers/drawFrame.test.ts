/** What a frame's drawing yields and how its steps are timed, with drawers that draw nothing. */
import { expect, it } from 'vitest';
import type { FrameToDraw, TokenDrawer } from '../../../workers/runtime/tokenDrawer';
import type { PipelineContext } from '../../../workers/stages/context';
import { drawFrame } from '../../../workers/stages/drawFrame';

const GRID = 4;
const CELLS = GRID * GRID;

const FRAME: FrameToDraw = {
  order: 0,
  firstIndex: 0,
  tokens: [new Int32Array(CELLS), new Int32Array(CELLS)],
  hintFrames: [[], []],
  shown: true,
};

/** After each cell `finished` says how many are known to be finished. */
function drawerOf(finished: (drawn: number) => number) {
  const cells: number[] = [];
  const drawer: TokenDrawer = {
    begin: () => undefined,
    draw: (cell) => {
      cells.push(cell);
      return Promise.resolve(finished(cell + 1));
    },
    dispose: () => undefined,
  };
  return { drawer, cells };
}

async function draw(drawer: TokenDrawer, abort?: { at: number }) {
  const job = new AbortController();
  const steps: [windows: number, milliseconds: number][] = [];
  const step = (windows: number, milliseconds: number) => void steps.push([windows, milliseconds]);
  let breaths = 0;
  const context = {
    manifest: { grid: GRID },
    signal: job.signal,
    meter: { step },
    breathe: () => {
      if (breaths++ === abort?.at) job.abort(new Error('cancelled'));
      return Promise.resolve();
    },
  } as unknown as PipelineContext;
  const yielded: number[] = [];
  const drawing = async (): Promise<void> => {
    for await (const finished of drawFrame(drawer, FRAME, context)) yielded.push(finished);
  };
  const failure = await drawing().catch((error: unknown) => error);
  return { steps, yielded, failure };
}

it('yields and times every cell of a drawer that knows it at once', async () => {
  const { drawer } = drawerOf((drawn) => drawn);
  const { steps, yielded } = await draw(drawer);
  expect(yielded).toEqual(Array.from({ length: CELLS }, (_, cell) => cell + 1));
  expect(steps).toHaveLength(CELLS);
});

it('yields rows when they are known, and gives each of their cells an equal share', async () => {
  const rowLate = (drawn: number): number =>
    drawn === CELLS ? CELLS : Math.max(0, Math.floor(drawn / GRID) - 1) * GRID;
  const { drawer, cells } = drawerOf(rowLate);
  const { steps, yielded } = await draw(drawer);
  expect(cells).toEqual(Array.from({ length: CELLS }, (_, cell) => cell));
  expect(yielded).toEqual([4, 8, 16]);
  expect(steps.map(([windows]) => windows)).toEqual(Array<number>(CELLS).fill(2));
  // The last two rows are known at the same moment.
  for (const [first, last] of [
    [0, 4],
    [4, 8],
    [8, 16],
  ]) {
    const shares = new Set(steps.slice(first, last).map(([, milliseconds]) => milliseconds));
    expect(shares.size).toBe(1);
  }
});

it('draws no further cell of a cancelled job, whatever is known', async () => {
  const { drawer, cells } = drawerOf(() => 0);
  const { yielded, failure } = await draw(drawer, { at: 6 });
  expect(String(failure)).toBe('Error: cancelled');
  expect(cells).toHaveLength(6);
  expect(yielded).toEqual([]);
});
