/** The benchmark, run as its users run it. What it measures is not judged: machines differ. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { StepComparison } from '../../scripts/bench/compareSteps.mjs';
import type { BenchFailure } from '../../scripts/bench/benchReport.mjs';
import type { GpuComparison } from '../../scripts/bench/measureGpu.mjs';
import type { Growth } from '../../scripts/bench/measureGrowth.mjs';
import type { RunFigures } from '../../scripts/bench/measureRun.mjs';
import { projectRoot } from '../../scripts/projectRoot.mjs';

const PATIENCE_MILLISECONDS = 600_000;

it(
  'npm run bench -- --quick measures every figure with 1 and 2 threads',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flipbook-bench-'));
    const json = join(folder, 'figures.json');
    const script = join(projectRoot, 'scripts', 'bench.mjs');
    const options = [script, '--quick', '--json', json];
    const { stdout } = await promisify(execFile)(process.execPath, options);
    const { model, runs, steps, webgpu, growth, failures } = JSON.parse(
      readFileSync(json, 'utf8'),
    ) as {
      model: { id: string };
      runs: RunFigures[];
      steps: StepComparison;
      webgpu: GpuComparison;
      growth: Growth;
      failures: BenchFailure[];
    };
    rmSync(folder, { recursive: true });

    expect(failures).toEqual([]);
    expect(model.id).toBe('micro');
    expect(runs.map(({ backend }) => backend)).toEqual(['wasm, 1 thread', 'wasm, 2 threads']);
    for (const { firstVisit, nextVisit, timings, frames, ...run } of runs) {
      expect(firstVisit.modelBytes).toBeGreaterThan(100_000);
      expect(firstVisit.appBytes).toBeGreaterThan(500_000);
      // Everything comes from the cache but the manifest, which may have changed.
      expect(nextVisit.modelBytes).toBeLessThan(firstVisit.modelBytes / 10);
      expect(nextVisit.ready).toBeGreaterThan(nextVisit.firstPaint / 10);
      expect(frames).toBe(9);
      expect(timings.rounds).toHaveLength(1);
      const { stages, firstRow } = timings;
      expect(stages.map(({ stage }) => stage)).toEqual(['tokenize', 'keyframes', 'interpolate']);
      for (const { milliseconds, stepMilliseconds, decodeMilliseconds } of stages) {
        expect(milliseconds).toBeGreaterThanOrEqual(stepMilliseconds + decodeMilliseconds);
      }
      expect(firstRow).toBeGreaterThan(timings.tokenize);
      const order = [0, timings.tokenize, timings.firstKeyFrame, timings.keyFrames, timings.total];
      expect([...order].sort((a, b) => a - b)).toEqual(order);
      expect(timings.keyframeStepMilliseconds).toBeGreaterThan(0);
      expect(timings.interpolationStepMilliseconds).toBeGreaterThan(0);
      expect(timings.decodeMilliseconds).toBeGreaterThan(0);
      expect(run.keyframeTokensPerSecond).toBeGreaterThan(0);
      expect(run.interpolationTokensPerSecond).toBeGreaterThan(0);
      expect(run.export.milliseconds).toBeGreaterThan(0);
      expect(run.export.bytes).toBeGreaterThan(1000);
      const [pageBytes] = run.pageMemory;
      if (run.backend === 'wasm, 1 thread') expect(pageBytes).toBeGreaterThan(1_000_000);
      else expect(pageBytes).toBeNull();
      if (process.platform === 'linux') expect(run.peakMemory.tab).toBeGreaterThan(10_000_000);
    }
    expect(stdout).toContain('| Whole clip');
    // The test model is fast enough for any machine.
    expect(stdout).toMatch(/\| Whole clip +\| <= 60 s .*\| holds/);
    expectComparison(steps);
    expectGpu(webgpu);
    // Two rows of the package's own, and one of random weights where Python has torch.
    expect(growth.rows).toHaveLength(growth.skipped === null ? 3 : 2);
    for (const row of growth.rows) {
      expect(row.stepMilliseconds).toBeGreaterThan(0);
      expect(row.cacheBytes).toBeGreaterThan(10_000);
    }
    expect(growth.rows[1]!.what).toBe('9 frames: round 1');
  },
  PATIENCE_MILLISECONDS,
);

/** The same step asks the same of every device: kernels run, rows are kept, and of the app's way
 *  nothing comes back. */
function expectGpu({ adapter, measured, providers }: GpuComparison): void {
  expect(adapter).toMatch(/swiftshader/i);
  expect(measured.map(({ way, work }) => `${way}: ${work}`)).toEqual([
    'app: Key frames',
    'app: Round 1',
    'unrecorded: Key frames',
    'unrecorded: Round 1',
    'peer: Key frames',
    'peer: Round 1',
  ]);
  // Two builds of one provider, on one adapter: the same logits.
  expect(providers?.logitDifference).toBeLessThan(1e-3);
  expect(providers?.nativeMilliseconds).toBeGreaterThan(0);
  expect(providers?.browserMilliseconds).toBeGreaterThan(0);
  const cells = 16;
  for (const { way, step, sequences, pipelines, ...run } of measured) {
    expect(step.dispatches).toBeGreaterThan(20);
    expect(pipelines).toBeGreaterThan(5);
    expect(step.uploadedBytes).toBeGreaterThan(0);
    expect(run.stepMilliseconds).toHaveLength(3);
    // The device is busy for a part of each step.
    expect(run.gpuMilliseconds).toHaveLength(3);
    for (const [index, milliseconds] of run.gpuMilliseconds.entries()) {
      expect(milliseconds).toBeGreaterThan(0);
      expect(milliseconds).toBeLessThan(run.stepMilliseconds[index]!);
    }
    if (way === 'peer') {
      // Logits of every sequence, of at least 64 codes.
      expect(step.readBackBytes).toBeGreaterThanOrEqual(4 * 64 * sequences);
      continue;
    }
    expect(step.readBackBytes).toBe(0);
    // Tokens of every window, a few numbers each.
    expect(run.rowReadBackBytes).toBeGreaterThan(0);
    expect(run.rowReadBackBytes).toBeLessThanOrEqual(4 * 2 * cells * sequences);
    // A step that is played back binds nothing but what draws the tokens and keeps the new rows; of
    // 8 caches, each of the temporal ones twice, since it is read from another place.
    const kept = (8 + 4) / 4;
    expect(step.bindGroups).toBe(way === 'app' ? 1 + kept : step.dispatches);
  }
  // Five kernels less in each of two layers than where onnxruntime moves Transposes.
  const kernels = (way: string): number =>
    measured.find((found) => found.way === way)!.step.dispatches;
  expect(kernels('unrecorded')).toBeLessThanOrEqual(kernels('peer') - 2 * 5);
}

/** Ways that compute something else than the reference are named as failures. */
function expectComparison(comparison: StepComparison): void {
  const { rows, torchSkipped, rooflines, schedule } = comparison;
  expect(rows.map(({ work, threads }) => [work, threads])).toEqual([
    ['Key frames', 1],
    ['Round 1', 1],
    ['Key frames', 2],
    ['Round 1', 2],
  ]);
  const ways = ['wasm', 'native', 'peer', ...(torchSkipped === null ? ['torch'] : [])];
  expect(schedule.map(({ inOrder }) => inOrder)).toEqual([80, 32, 2000, 800, 80, 32]);
  for (const { figures, logitDifference, floors } of rows) {
    expect(Object.keys(figures)).toEqual(ways);
    for (const figure of Object.values(figures)) {
      expect(figure.steps).toBe(16);
      expect(figure.median).toBeGreaterThan(0);
      expect(figure.p95).toBeGreaterThanOrEqual(figure.median);
    }
    // The peer's way orders the sums of attention differently: the same in float32, not bit by bit.
    for (const difference of Object.values(logitDifference)) expect(difference).toBeLessThan(1e-3);
    expect(floors?.operations).toBeGreaterThan(0);
    expect(floors?.bytes).toBeGreaterThan(0);
  }
  expect(rooflines.map(({ threads }) => threads)).toEqual([1, 2]);
}
