/** The benchmark, run as its users run it. What it measures is not judged: machines differ. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { RunFigures } from '../../scripts/bench/measureRun.mjs';
import { projectRoot } from '../../scripts/projectRoot.mjs';

const PATIENCE_MILLISECONDS = 600_000;

it(
  'npm run bench -- --smoke measures every figure with 1 and 2 threads',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flipbook-bench-'));
    const json = join(folder, 'figures.json');
    const script = join(projectRoot, 'scripts', 'bench.mjs');
    const options = [script, '--smoke', '--json', json];
    const { stdout } = await promisify(execFile)(process.execPath, options);
    const { model, runs } = JSON.parse(readFileSync(json, 'utf8')) as {
      model: { id: string };
      runs: RunFigures[];
    };
    rmSync(folder, { recursive: true });

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
      const order = [0, timings.tokenize, timings.firstKeyFrame, timings.keyFrames, timings.total];
      expect([...order].sort((a, b) => a - b)).toEqual(order);
      expect(timings.keyframeStepMilliseconds).toBeGreaterThan(0);
      expect(timings.interpolationStepMilliseconds).toBeGreaterThan(0);
      expect(timings.decodeMilliseconds).toBeGreaterThan(0);
      expect(run.keyframeTokensPerSecond).toBeGreaterThan(0);
      expect(run.interpolationTokensPerSecond).toBeGreaterThan(0);
      expect(run.export.milliseconds).toBeGreaterThan(0);
      expect(run.export.bytes).toBeGreaterThan(1000);
      expect(run.pageMemory[0]).toBeGreaterThan(1_000_000);
      if (process.platform === 'linux') expect(run.peakMemory.tab).toBeGreaterThan(10_000_000);
    }
    expect(stdout).toContain('| Whole clip');
  },
  PATIENCE_MILLISECONDS,
);
