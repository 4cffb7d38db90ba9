/** `npm run bench`: the figures of the README, measured; --help says how. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { BENCH_USAGE, parseBenchArguments } from './bench/benchArguments.mjs';
import { BenchReport } from './bench/benchReport.mjs';
import { compareSteps } from './bench/compareSteps.mjs';
import { comparisonTable, rooflineLines } from './bench/comparisonTable.mjs';
import { figuresTable } from './bench/figuresTable.mjs';
import { growthTable, measureGrowth } from './bench/measureGrowth.mjs';
import { gpuTable, measureGpu, providersLine } from './bench/measureGpu.mjs';
import { measureRun } from './bench/measureRun.mjs';
import { scheduleTable } from './bench/scheduleTable.mjs';
import { targetsTable } from './bench/targets.mjs';
import { builtApp, buildWhenStale } from './buildWhenStale.mjs';
import { modelPlace } from './headless/modelPlace.mjs';
import { UsageError } from './headless/usageError.mjs';

const THREADS = [1, 2];
const DEFAULT_MODEL = 'mini';
/** Growth goes one round beyond what the app offers: 65 frames. */
const GROWTH_ROUNDS = 4;

/** @typedef {import('./bench/benchArguments.mjs').BenchArguments} BenchArguments */

/** @param {BenchArguments} wish */
async function bench(wish) {
  buildWhenStale();
  modelPlace(wish.model); // Refuses a model that is not there before anything is measured.
  const source = sourceFolder(wish.model);
  /** @type {{ id: string, version: string, maxRounds: number }} */
  const { id, version, maxRounds } = JSON.parse(
    readFileSync(join(source, 'manifest.json'), 'utf8'),
  );
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores`;
  console.log(`Model ${id} ${version}, ${machine}\n`);
  const report = new BenchReport(wish.json);
  report.add({ date: new Date().toISOString(), machine, model: { id, version } });
  const { quick } = wish;
  const limit = wish.steps === undefined ? {} : { steps: wish.steps };
  const clipRounds = quick ? 1 : maxRounds;
  const growthRounds = quick ? 1 : GROWTH_ROUNDS;
  const growth = { source, rounds: growthRounds, quick, ...limit };
  /** @type {Record<import('./bench/benchArguments.mjs').BenchPart, () => Promise<void>>} */
  const parts = {
    clip: () => measureClip(wish, report),
    steps: () => compare({ source, threads: THREADS, rounds: clipRounds, ...limit }, report),
    webgpu: () => watchGpu(source, report),
    growth: () => grow(growth, report),
  };
  for (const part of wish.parts) await report.attempt(part, parts[part]);
  console.log(`${targetsTable(report.figures)}\n`);
  for (const { part, message } of report.failures) console.log(`Not measured: ${part}: ${message}`);
  if (report.failures.length > 0) process.exitCode = 1;
}

/** @param {string | undefined} model */
function sourceFolder(model = DEFAULT_MODEL) {
  const folder = resolve(model);
  return existsSync(join(folder, 'manifest.json')) ? folder : join(builtApp, 'models', model);
}

/**
 * @param {BenchArguments} wish
 * @param {BenchReport} report
 */
async function measureClip({ model, prompt, clips, link, quick }, report) {
  const place = modelPlace(model);
  const measured = [];
  for (const threads of THREADS) {
    console.error(`Measuring with ${threads} thread(s) ...`);
    const wish = { threads, place, prompt, clips, link, quick };
    const run = await report.attempt(`clip, ${threads} thread(s)`, () => measureRun(wish));
    if (run === null) continue;
    measured.push(run);
    const browser = `Chromium ${run.browser}`;
    report.add({ browser, prompt: run.prompt, clips, runs: measured.map((one) => one.figures) });
  }
  const [first] = measured;
  if (!first) return;
  const { figures, browser } = first;
  console.log(`Prompt "${first.prompt}", ${figures.frames} frames, Chromium ${browser}\n`);
  console.log(`${figuresTable(measured.map((one) => one.figures))}\n`);
}

/**
 * @param {Omit<Parameters<typeof compareSteps>[0], 'attempt' | 'keep'>} wish
 * @param {BenchReport} report
 */
async function compare(wish, report) {
  const keep = (/** @type {unknown} */ steps) => report.add({ steps });
  const comparison = await compareSteps({ ...wish, attempt: report.attempt, keep });
  console.log(`Decode steps, same graphs and tokens, ${comparison.browser}\n`);
  console.log(`${comparisonTable(comparison)}\n\n${rooflineLines(comparison)}`);
  if (comparison.torchSkipped) console.log(`torch is left out: ${comparison.torchSkipped}`);
  console.log(`\n${scheduleTable(comparison.schedule)}\n`);
}

/**
 * @param {string} source
 * @param {BenchReport} report
 */
async function watchGpu(source, report) {
  console.error('Steps on WebGPU ...');
  const gpu = await measureGpu(source, report.attempt);
  report.add({ webgpu: gpu });
  console.log(`${gpuTable(gpu)}\n`);
  if (gpu.providers) console.log(`${providersLine(gpu.providers)}\n`);
}

/**
 * @param {Omit<Parameters<typeof measureGrowth>[0], 'attempt'>} wish
 * @param {BenchReport} report
 */
async function grow(wish, report) {
  console.error('Growth ...');
  const growth = await measureGrowth({ ...wish, attempt: report.attempt });
  report.add({ growth });
  console.log(`${growthTable(growth)}\n`);
  if (growth.skipped) console.log(`No models of other sizes: ${growth.skipped}\n`);
}

try {
  const wish = parseBenchArguments(process.argv.slice(2));
  if (wish === 'help') console.log(BENCH_USAGE);
  else await bench(wish);
} catch (error) {
  console.error(`\n${/** @type {Error} */ (error).message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
