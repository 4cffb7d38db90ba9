/** Steps, and memory of their caches, by frames of the clip, and by grid and width. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withBrowserSteps } from './browserSteps.mjs';
import { markdownTable } from './markdownTable.mjs';
import { runPythonModule } from './pythonModule.mjs';
import { stepFigures } from './stepFigures.mjs';
import { loadStepModules } from './stepModules.mjs';
import { writeStepPackage } from './stepPackage.mjs';

/** Cells per side and width of models with random weights; the middle of each is the other's. */
const SIZES = [
  { grid: 8, hidden: 256 },
  { grid: 16, hidden: 256 },
  { grid: 20, hidden: 256 },
  { grid: 12, hidden: 128 },
  { grid: 12, hidden: 256 },
  { grid: 12, hidden: 512 },
];

/**
 * @typedef {object} GrowthRow
 * @property {string} what
 * @property {number} sequences
 * @property {number} tokens that the whole batch draws
 * @property {number} stepMilliseconds median
 * @property {number} millisecondsPerToken of a step, over the windows that it draws for
 * @property {number} cacheBytes
 *
 * @typedef {import('./stepPackage.mjs').StepPackage} StepPackage
 * @typedef {{ what: string, work: import('./steps/stepTypes').StepWork }} NamedWork
 * @typedef {{ rows: GrowthRow[], skipped: string | null }} Growth `skipped`: why no random models
 */

/**
 * @param {{ source: string, rounds: number, steps?: number, quick: boolean,
 *   attempt: import('./benchReport.mjs').Attempt }} wish `rounds`: the last one has
 *   4 * 2^rounds + 1 frames; `steps`: most of each work; `quick`: one small random model alone
 * @returns {Promise<Growth>} without the models that failed
 */
export async function measureGrowth({ source, rounds, steps, quick, attempt }) {
  const modules = await loadStepModules();
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-growth-'));
  try {
    const sizes = quick ? [{ grid: 4, hidden: 64 }] : SIZES;
    const { packages, skipped } = randomPackages(folder, sizes, modules.types);
    const model = join(folder, 'model');
    const own = writeStepPackage(source, model, modules.types);
    const folders = {
      model,
      ...Object.fromEntries(packages.map(({ name, made }) => [name, made.folder])),
    };
    return await withBrowserSteps(folders, async ({ measure }) => {
      const { keyFrameWork } = modules.works;
      const models = [{ name: 'model', made: own, works: clipWorks(own, rounds, modules.works) }];
      for (const { name, made } of packages) {
        const what = `random, ${name}: key frames`;
        models.push({ name, made, works: [{ what, work: keyFrameWork(made.manifest) }] });
      }
      const rows = [];
      for (const { name, made, works } of models) {
        const measured = await attempt(`Growth, ${name}`, () =>
          growthRows(name, made, works, steps, measure, modules),
        );
        rows.push(...(measured ?? []));
      }
      return { rows, skipped };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Every batch of a clip, named by how many frames there are after it.
 *
 * @param {StepPackage} made
 * @param {number} rounds
 * @param {typeof import('./steps/stepWorks')} works
 * @returns {NamedWork[]}
 */
function clipWorks({ manifest }, rounds, { keyFrameWork, roundWork }) {
  const keys = { what: '5 frames: key frames', work: keyFrameWork(manifest) };
  const between = Array.from({ length: rounds }, (_, index) => {
    const round = index + 1;
    return {
      what: `${4 * 2 ** round + 1} frames: round ${round}`,
      work: roundWork(manifest, round),
    };
  });
  return [keys, ...between];
}

/**
 * @param {string} folder as it is served
 * @param {StepPackage} made
 * @param {NamedWork[]} works
 * @param {number | undefined} steps
 * @param {import('./browserSteps.mjs').MeasureInBrowser} measure
 * @param {Pick<Awaited<ReturnType<typeof loadStepModules>>, 'cost' | 'types'>} modules
 * @returns {Promise<GrowthRow[]>}
 */
async function growthRows(folder, { manifest }, works, steps, measure, { cost, types }) {
  /** @type {import('./steps/stepTypes').StepRequest} */
  const request = {
    manifest,
    works: works.map(({ work }) => work),
    way: 'app',
    ...(steps === undefined ? {} : { steps }),
  };
  const { measured } = await measure(folder, 1, request);
  return works.map(({ what, work }, index) => {
    const own = measured[index];
    if (!own) throw new Error(`${what} was not measured.`);
    const windows = work.drawn.length;
    const tokens = types.stepTokens(work);
    const { median } = stepFigures(own, tokens);
    return {
      what,
      sequences: work.texts.length,
      tokens: windows * (work.drawn[0]?.length ?? 0) * manifest.grid ** 2,
      stepMilliseconds: median,
      millisecondsPerToken: median / tokens,
      cacheBytes: cost.cacheBytes(manifest, work),
    };
  });
}

/**
 * @param {string} folder
 * @param {{ grid: number, hidden: number }[]} sizes
 * @param {typeof import('./steps/stepTypes')} types
 */
function randomPackages(folder, sizes, types) {
  const packages = [];
  for (const { grid, hidden } of sizes) {
    const name = `grid-${grid}-width-${hidden}`;
    const graphs = join(folder, `${name}-graphs`);
    const options = ['--grid', String(grid), '--hidden', String(hidden)];
    const skipped = runPythonModule('training.bench_graphs', [graphs, ...options]);
    if (skipped !== null) return { packages, skipped };
    packages.push({ name, made: writeStepPackage(graphs, join(folder, name), types) });
  }
  return { packages, skipped: null };
}

/**
 * @param {Growth} growth
 * @returns {string}
 */
export function growthTable({ rows }) {
  const head = ['WASM, 1 thread', 'batch', 'tokens', 'step', 'per token', 'caches'];
  const body = rows.map((row) => [
    row.what,
    String(row.sequences),
    String(row.tokens),
    `${row.stepMilliseconds.toFixed(2)} ms`,
    `${row.millisecondsPerToken.toFixed(2)} ms`,
    `${(row.cacheBytes / 1e6).toFixed(1)} MB`,
  ]);
  return markdownTable([head, ...body]);
}
