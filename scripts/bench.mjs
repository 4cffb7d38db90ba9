/** `npm run bench`: the figures of the README, measured; --help says how. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { BENCH_USAGE, parseBenchArguments } from './bench/benchArguments.mjs';
import { compareSteps } from './bench/compareSteps.mjs';
import { comparisonTable, rooflineLines } from './bench/comparisonTable.mjs';
import { figuresTable } from './bench/figuresTable.mjs';
import { growthTable, measureGrowth } from './bench/measureGrowth.mjs';
import { measureRun } from './bench/measureRun.mjs';
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
  const limit = wish.steps === undefined ? {} : { steps: wish.steps };
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores`;
  console.log(`Model ${id} ${version}, ${machine}\n`);
  const date = new Date().toISOString();
  /** @type {Record<string, unknown>} */
  const report = { date, machine, model: { id, version } };
  // After every part: a later one may fail after many minutes.
  const save = () => {
    if (wish.json) writeFileSync(wish.json, `${JSON.stringify(report, null, 2)}\n`);
  };
  if (wish.parts.includes('clip')) Object.assign(report, await measureClip(wish));
  save();
  if (wish.parts.includes('steps')) {
    const rounds = wish.quick ? 1 : maxRounds;
    report['steps'] = await compare({ source, threads: THREADS, rounds, ...limit });
    save();
  }
  if (wish.parts.includes('growth')) {
    const rounds = wish.quick ? 1 : GROWTH_ROUNDS;
    report['growth'] = await grow({ source, rounds, quick: wish.quick, ...limit });
    save();
  }
}

/** @param {string | undefined} model */
function sourceFolder(model = DEFAULT_MODEL) {
  const folder = resolve(model);
  return existsSync(join(folder, 'manifest.json')) ? folder : join(builtApp, 'models', model);
}

/** @param {BenchArguments} wish */
async function measureClip({ model, prompt, clips, link }) {
  const place = modelPlace(model);
  const measured = [];
  for (const threads of THREADS) {
    console.error(`Measuring with ${threads} thread(s) ...`);
    measured.push(await measureRun({ threads, place, prompt, clips, link }));
  }
  const [first] = measured;
  if (!first) throw new Error('Nothing was measured.');
  const runs = measured.map(({ figures }) => figures);
  const browser = `Chromium ${first.browser}`;
  console.log(`Prompt "${first.prompt}", ${first.figures.frames} frames, ${browser}\n`);
  console.log(`${figuresTable(runs)}\n`);
  return { browser, prompt: first.prompt, clips, runs };
}

/** @param {Parameters<typeof compareSteps>[0]} wish */
async function compare(wish) {
  const comparison = await compareSteps(wish);
  console.log(`Decode steps, same graphs and tokens, ${comparison.browser}\n`);
  console.log(`${comparisonTable(comparison)}\n\n${rooflineLines(comparison)}`);
  if (comparison.torchSkipped) console.log(`torch is left out: ${comparison.torchSkipped}`);
  console.log('');
  return comparison;
}

/** @param {Parameters<typeof measureGrowth>[0]} wish */
async function grow(wish) {
  const growth = await measureGrowth(wish);
  console.log(growthTable(growth));
  if (growth.skipped) console.log(`\nNo models of other sizes: ${growth.skipped}`);
  return growth;
}

try {
  const wish = parseBenchArguments(process.argv.slice(2));
  if (wish === 'help') console.log(BENCH_USAGE);
  else await bench(wish);
} catch (error) {
  console.error(`\n${/** @type {Error} */ (error).message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
