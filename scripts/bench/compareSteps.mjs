/**
 * Decode steps of the same graphs and tokens, side by side: the app's way in the browser, the same
 * in native onnxruntime, the torch module, and the peer's way in the browser.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withBrowserSteps } from './browserSteps.mjs';
import { scheduleRows } from './scheduleTable.mjs';
import { logitDifference, stepFigures } from './stepFigures.mjs';
import { loadStepModules } from './stepModules.mjs';
import { writeStepPackage } from './stepPackage.mjs';
import { measureTorch } from './torchSteps.mjs';

/** Logits beyond this apart are not the same computation; sums are ordered differently. */
const LOGIT_TOLERANCE = 0.02;

/**
 * @typedef {import('./steps/stepTypes').StepRequest} StepRequest
 * @typedef {import('./steps/stepTypes').StepWork} StepWork
 * @typedef {import('./steps/stepTypes').MeasuredSteps} MeasuredSteps
 * @typedef {import('./steps/stepTypes').Roofline} Roofline
 * @typedef {import('./stepFigures.mjs').StepFigures} StepFigures
 * @typedef {import('./stepPackage.mjs').StepPackage} StepPackage
 * @typedef {'wasm' | 'native' | 'torch' | 'peer'} ComparedWay
 *
 * @typedef {Partial<Record<ComparedWay, MeasuredSteps[]>>} MeasuredWays each works in order
 *
 * @typedef {object} StepRow one work at one number of threads
 * @property {string} work
 * @property {number} threads
 * @property {number} sequences of the batch, guidance branches included
 * @property {number} windows of the batch: tokens that a step draws, if it is no pass
 * @property {Partial<Record<ComparedWay, StepFigures>>} figures of the ways that were measured
 * @property {Partial<Record<ComparedWay, number>>} logitDifference from the first way that there
 *   is of native onnxruntime, app, peer, torch
 * @property {{ operations: number, bytes: number } | null} floors milliseconds on WASM's roofline;
 *   null where that was not measured
 * @property {{ operations: number, bytes: number }} cost operations and bytes of a step
 *
 * @typedef {object} StepComparison
 * @property {string} browser
 * @property {StepRow[]} rows
 * @property {string | null} torchSkipped why torch was not measured
 * @property {{ threads: number, wasm: Roofline | null, native: Roofline | null }[]} rooflines
 * @property {import('./scheduleTable.mjs').ScheduleRow[]} schedule
 *
 * @typedef {object} CompareWish
 * @property {string} source folder of the model package
 * @property {number[]} threads
 * @property {number} rounds
 * @property {number} [steps] most steps of each work; all of a clip where it is left out
 * @property {import('./benchReport.mjs').Attempt} attempt
 * @property {(comparison: StepComparison) => void} keep called after every number of threads
 */

/**
 * @param {CompareWish} wish
 * @returns {Promise<StepComparison>}
 */
export async function compareSteps({ source, threads, rounds, steps, attempt, keep }) {
  const modules = await loadStepModules();
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-package-'));
  try {
    const made = writeStepPackage(source, folder, modules.types);
    const { keyFrameWork, keyFramePassWorks, roundWork, passWorks } = modules.works;
    const list = Array.from({ length: rounds }, (_, round) => roundWork(made.manifest, round + 1));
    const passes = [
      ...keyFramePassWorks(made.manifest),
      ...list.flatMap((_, round) => passWorks(made.manifest, round + 1)),
    ];
    const works = [keyFrameWork(made.manifest), ...list, ...passes];
    const limit = steps === undefined ? {} : { steps };
    /** @type {StepRequest} */
    const request = { manifest: made.manifest, works, way: 'app', ...limit };
    return await withBrowserSteps({ model: folder }, async ({ measure, name }) => {
      /** @type {StepComparison} */
      const comparison = {
        browser: name,
        rows: [],
        torchSkipped: null,
        rooflines: [],
        schedule: scheduleRows(made.manifest, modules.parallel),
      };
      for (const count of threads) {
        const wish = { made, source, threads: count, request, attempt };
        const { ways, skipped, rooflines } = await measureWays(wish, measure, modules.native);
        comparison.torchSkipped ??= skipped;
        comparison.rooflines.push({ threads: count, ...rooflines });
        for (const [index, work] of works.entries()) {
          const own = await waysThatAgree(index, work, ways, count, attempt);
          const { wasm } = rooflines;
          comparison.rows.push(rowOf(work, count, own, wasm, made, modules));
        }
        keep(comparison);
      }
      return comparison;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {{ made: StepPackage, source: string, threads: number, request: StepRequest,
 *   attempt: import('./benchReport.mjs').Attempt }} wish
 * @param {import('./browserSteps.mjs').MeasureInBrowser} measure
 * @param {typeof import('./steps/nativeSteps')} native
 */
async function measureWays({ made, source, threads, request, attempt }, measure, native) {
  const { folder, weightBytes } = made;
  /** @type {<Result>(what: string, work: () => Result | Promise<Result>) => Promise<Result | null>} */
  const measured = (what, work) => {
    const part = `Decode steps, ${threads} thread(s), ${what}`;
    console.error(`${part} ...`);
    return attempt(part, work);
  };
  const wasm = await measured('browser', () => measure('model', threads, request, weightBytes));
  const works = cellByCell(request.works);
  const asPeer = { ...request, works, way: /** @type {const} */ ('peer') };
  const peer = await measured("peer's way", () => measure('model', threads, asPeer));
  const own = await measured('native onnxruntime', () =>
    native.measureNative(folder, threads, request, weightBytes),
  );
  const torch = await measured('torch', () => measureTorch(source, threads, { ...request, works }));
  const skipped = torch !== null && 'skipped' in torch ? torch.skipped : null;
  /** @type {MeasuredWays} */
  const ways = {};
  if (wasm) ways.wasm = wasm.measured;
  if (own) ways.native = own.measured;
  if (peer) ways.peer = peer.measured;
  if (torch && 'measured' in torch) ways.torch = torch.measured;
  const rooflines = { wasm: wasm?.roofline ?? null, native: own?.roofline ?? null };
  return { ways, skipped, rooflines };
}

/**
 * The works that torch and the peer's way draw too: passes over masked cells are the app's alone.
 * They come first, so the works keep their numbers.
 *
 * @param {StepWork[]} works
 */
function cellByCell(works) {
  const first = works.findIndex(({ passes }) => passes !== undefined);
  return first < 0 ? works : works.slice(0, first);
}

/**
 * The ways whose logits of the work are those of the reference: what is compared must compute the
 * same. Others are reported as failed and left out.
 *
 * @param {number} index of the work
 * @param {StepWork} work
 * @param {MeasuredWays} ways
 * @param {number} threads
 * @param {import('./benchReport.mjs').Attempt} attempt
 */
async function waysThatAgree(index, work, ways, threads, attempt) {
  const reference = (ways.native ?? ways.wasm ?? ways.peer ?? ways.torch)?.[index];
  /** @type {{ way: ComparedWay, own: MeasuredSteps, difference: number }[]} */
  const agreeing = [];
  for (const [name, all] of Object.entries(ways)) {
    const way = /** @type {ComparedWay} */ (name);
    if (work.passes !== undefined && (way === 'peer' || way === 'torch')) continue;
    await attempt(`${work.name}, ${threads} thread(s), ${way}`, () => {
      const own = all[index];
      if (!own || !reference) throw new Error('The work was not measured.');
      const difference = logitDifference(own, reference);
      if (!(difference <= LOGIT_TOLERANCE)) {
        throw new Error(`Its logits are ${difference} away from the reference's.`);
      }
      agreeing.push({ way, own, difference });
    });
  }
  return agreeing;
}

/**
 * @param {StepWork} work
 * @param {number} threads
 * @param {Awaited<ReturnType<typeof waysThatAgree>>} ways
 * @param {Roofline | null} roofline
 * @param {StepPackage} made
 * @param {Pick<Awaited<ReturnType<typeof loadStepModules>>, 'cost' | 'types'>} modules
 * @returns {StepRow}
 */
function rowOf(work, threads, ways, roofline, { manifest, matrixValues }, { cost: costs, types }) {
  const cost = costs.stepCost(manifest, work, matrixValues[work.stage]);
  const tokens = types.stepTokens(work);
  return {
    work: work.name,
    threads,
    sequences: work.texts.length,
    windows: work.drawn.length,
    figures: Object.fromEntries(ways.map(({ way, own }) => [way, stepFigures(own, tokens)])),
    logitDifference: Object.fromEntries(ways.map(({ way, difference }) => [way, difference])),
    floors: roofline && costs.stepFloors(cost, roofline),
    cost,
  };
}
