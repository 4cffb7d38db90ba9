/**
 * Decode steps of the same graphs and tokens, side by side: the app's way in the browser, the same
 * in native onnxruntime, the torch module, and the peer's way in the browser.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withBrowserSteps } from './browserSteps.mjs';
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
 * @typedef {object} StepRow one work at one number of threads
 * @property {string} work
 * @property {number} threads
 * @property {number} sequences of the batch, guidance branches included
 * @property {number} windows tokens that a step draws
 * @property {Partial<Record<ComparedWay, StepFigures>>} figures
 * @property {Partial<Record<ComparedWay, number>>} logitDifference from native onnxruntime's
 * @property {{ operations: number, bytes: number }} floors milliseconds on WASM's roofline
 * @property {{ operations: number, bytes: number }} cost operations and bytes of a step
 *
 * @typedef {object} StepComparison
 * @property {string} browser
 * @property {StepRow[]} rows
 * @property {string | null} torchSkipped why torch was not measured
 * @property {{ threads: number, wasm: Roofline, native: Roofline }[]} rooflines
 */

/**
 * @param {{ source: string, threads: number[], rounds: number, steps?: number }} wish `steps`: most
 *   steps of each work; all of a clip where it is left out
 * @returns {Promise<StepComparison>}
 */
export async function compareSteps({ source, threads, rounds, steps }) {
  const modules = await loadStepModules();
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-package-'));
  try {
    const made = writeStepPackage(source, folder, modules.types);
    const { keyFrameWork, roundWork } = modules.works;
    const list = Array.from({ length: rounds }, (_, round) => roundWork(made.manifest, round + 1));
    const works = [keyFrameWork(made.manifest), ...list];
    const limit = steps === undefined ? {} : { steps };
    /** @type {StepRequest} */
    const request = { manifest: made.manifest, works, way: 'app', ...limit };
    return await withBrowserSteps({ model: folder }, async (measure, browser) => {
      /** @type {StepComparison} */
      const comparison = { browser, rows: [], torchSkipped: null, rooflines: [] };
      for (const count of threads) {
        const measured = await measureWays(made, source, count, request, measure, modules.native);
        comparison.torchSkipped ??= measured.torchSkipped;
        comparison.rooflines.push({ threads: count, ...measured.rooflines });
        comparison.rows.push(...rowsOf(works, count, measured, made, modules.cost));
      }
      return comparison;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {StepPackage} made
 * @param {string} source
 * @param {number} threads
 * @param {StepRequest} request
 * @param {import('./browserSteps.mjs').MeasureInBrowser} measure
 * @param {typeof import('./steps/nativeSteps')} native
 */
async function measureWays({ folder, weightBytes }, source, threads, request, measure, native) {
  const say = (/** @type {string} */ what) =>
    console.error(`Decode steps, ${threads} thread(s): ${what} ...`);
  say('browser');
  const wasm = await measure('model', threads, request, weightBytes);
  say("browser, the peer's way");
  const peer = await measure('model', threads, { ...request, way: 'peer' });
  say('native onnxruntime');
  const ownWay = await native.measureNative(folder, threads, request, weightBytes);
  say('torch');
  const torch = measureTorch(source, threads, request);
  if (!wasm.roofline || !ownWay.roofline) throw new Error('The roofline was not measured.');
  const skipped = 'skipped' in torch ? torch.skipped : null;
  if (skipped !== null) say(`torch is left out: ${skipped}`);
  return {
    measured: {
      wasm: wasm.measured,
      native: ownWay.measured,
      peer: peer.measured,
      ...('measured' in torch ? { torch: torch.measured } : {}),
    },
    torchSkipped: skipped,
    rooflines: { wasm: wasm.roofline, native: ownWay.roofline },
  };
}

/**
 * @param {StepWork[]} works
 * @param {number} threads
 * @param {Awaited<ReturnType<typeof measureWays>>} measuredWays
 * @param {StepPackage} made
 * @param {typeof import('./steps/stepCost')} costs
 * @returns {StepRow[]}
 */
function rowsOf(works, threads, { measured, rooflines }, { manifest, matrixValues }, costs) {
  return works.map((work, index) => {
    const cost = costs.stepCost(manifest, work, matrixValues[work.stage]);
    const windows = work.drawn.length;
    const reference = /** @type {MeasuredSteps} */ (measured.native[index]);
    const ways = Object.entries(measured).map(([way, all]) => {
      const own = /** @type {MeasuredSteps} */ (all[index]);
      const difference = logitDifference(own, reference);
      if (!(difference <= LOGIT_TOLERANCE)) {
        throw new Error(
          `${work.name}: the logits of ${way} are ${difference} away from native onnxruntime's. ` +
            'What is compared must compute the same.',
        );
      }
      return { way, figures: stepFigures(own, windows), difference };
    });
    return {
      work: work.name,
      threads,
      sequences: work.texts.length,
      windows,
      figures: Object.fromEntries(ways.map(({ way, figures }) => [way, figures])),
      logitDifference: Object.fromEntries(ways.map(({ way, difference }) => [way, difference])),
      floors: costs.stepFloors(cost, rooflines.wasm),
      cost,
    };
  });
}
