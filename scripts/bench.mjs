/** `npm run bench`: the figures of the README, measured; --help says how. */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import process from 'node:process';
import { BENCH_USAGE, parseBenchArguments } from './bench/benchArguments.mjs';
import { figuresTable } from './bench/figuresTable.mjs';
import { measureRun } from './bench/measureRun.mjs';
import { buildWhenStale } from './buildWhenStale.mjs';
import { modelPlace } from './headless/modelPlace.mjs';
import { UsageError } from './headless/usageError.mjs';

const THREADS = [1, 2];

/** @param {import('./bench/benchArguments.mjs').BenchArguments} wish */
async function bench({ model, json, prompt, clips, link }) {
  buildWhenStale();
  const place = modelPlace(model);
  const measured = [];
  for (const threads of THREADS) {
    console.error(`Measuring with ${threads} thread(s) ...`);
    measured.push(await measureRun({ threads, place, prompt, clips, link }));
  }
  const [first] = measured;
  if (!first) throw new Error('Nothing was measured.');
  const { id, version } = first.manifest;
  const report = {
    date: new Date().toISOString(),
    machine: `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores`,
    browser: `Chromium ${first.browser}`,
    model: { id, version },
    prompt: first.prompt,
    clips,
    runs: measured.map(({ figures }) => figures),
  };
  console.log(`Model ${id} ${version}, ${report.browser}, ${report.machine}`);
  console.log(`Prompt "${report.prompt}", ${first.figures.frames} frames\n`);
  console.log(figuresTable(report.runs));
  if (json) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
}

try {
  const wish = parseBenchArguments(process.argv.slice(2));
  if (wish === 'help') console.log(BENCH_USAGE);
  else await bench(wish);
} catch (error) {
  console.error(`\n${/** @type {Error} */ (error).message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
