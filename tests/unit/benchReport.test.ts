/** What a run of the benchmark keeps when parts fail, and what it says of the targets. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BenchReport } from '../../scripts/bench/benchReport.mjs';
import type { RunFigures } from '../../scripts/bench/measureRun.mjs';
import type { GpuSteps } from '../../scripts/bench/steps/measureGpu';
import { TARGETS, targetsTable } from '../../scripts/bench/targets.mjs';
import type { BenchFigures } from '../../scripts/bench/targets.mjs';
import { UsageError } from '../../scripts/headless/usageError.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flipbook-report-'));
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

describe('a report', () => {
  const path = (): string => join(folder, 'figures.json');
  const saved = (): unknown => JSON.parse(readFileSync(path(), 'utf8'));

  it('keeps what was measured when a part fails, and goes on', async () => {
    const report = new BenchReport(path());
    report.add({ machine: 'four cores' });
    const failing = report.attempt('steps', () => Promise.reject(new Error('out of memory')));
    expect(await failing).toBeNull();
    const failures = [{ part: 'steps', message: 'out of memory' }];
    expect(saved()).toEqual({ machine: 'four cores', failures });
    expect(await report.attempt('growth', () => 7)).toBe(7);
    report.add({ growth: 7 });
    expect(saved()).toEqual({ machine: 'four cores', growth: 7, failures });
  });

  it('ends with what the user has to change', async () => {
    const report = new BenchReport(undefined);
    const refused = report.attempt('clip', () => {
      throw new UsageError('The prompt is empty.');
    });
    await expect(refused).rejects.toThrow('The prompt is empty.');
  });
});

describe('the table of targets', () => {
  const rows = (figures: BenchFigures): string[][] =>
    targetsTable(figures)
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()));

  it('says what holds and by how much the rest is missed', () => {
    const run = {
      backend: 'wasm, 1 thread',
      frames: 33,
      gridCells: 144,
      timings: {
        total: 61_500,
        firstKeyFrame: 3000,
        keyframeSteps: 720,
        interpolationSteps: 864,
      },
    } as RunFigures;
    const found = rows({ runs: [run] });
    const row = (name: string): string[] | undefined => found.find((cells) => cells[1] === name);
    expect(row('Whole clip')?.slice(2, 6)).toEqual([
      '<= 60 s',
      'wasm, 1 thread',
      '61.50 s',
      'missed by 1.50 s',
    ]);
    expect(row('First key frame')?.[5]).toBe('holds');
    const [cut, clip] = TARGETS.filter(({ name }) => name.startsWith('Steps')).map(({ name }) =>
      row(name),
    );
    expect(cut?.slice(4, 6)).toEqual(['1.00 times', 'missed by 1.50 times']);
    expect(clip?.slice(4, 6)).toEqual(['3.00 times', 'missed by 1.00 times']);
  });

  it('compares the speeds of steps at equal threads', () => {
    const figure = { median: 10, p95: 12, tokensPerSecond: 100, prefillMilliseconds: 1, steps: 2 };
    const row = {
      work: 'Round 1',
      threads: 2,
      sequences: 2,
      windows: 2,
      figures: { wasm: figure, native: { ...figure, median: 8 } },
      logitDifference: {},
      floors: null,
      cost: { operations: 1, bytes: 1 },
    };
    const steps = {
      browser: 'Chromium',
      torchSkipped: null,
      rooflines: [],
      schedule: [],
      rows: [row],
    };
    const found = rows({ steps });
    const native = found.find((cells) => cells[1]?.includes('native'));
    expect(native?.slice(3, 6)).toEqual(['Round 1, 2 threads', '0.80 times', 'holds']);
    // Nothing was measured of the peer's way.
    expect(found.find((cells) => cells[1]?.includes('WASM'))?.[5]).toMatch(/^not measured/);
  });

  it("compares the app with the peer's way on WebGPU, of what both drew", () => {
    const step = {
      dispatches: 1,
      submissions: 1,
      bindGroups: 1,
      pipelines: 0,
      uploadedBytes: 0,
      readBackBytes: 0,
      copiedBytes: 0,
    };
    const drawn = (work: string, way: 'app' | 'peer', stepMilliseconds: number[]): GpuSteps => ({
      work,
      way,
      sequences: 2,
      cells: 720,
      loadMilliseconds: 1,
      prefillMilliseconds: 1,
      firstStepMilliseconds: 90,
      stepMilliseconds,
      askedMilliseconds: [1],
      gpuMilliseconds: [null],
      pipelines: 1,
      step,
    });
    const measured = [
      drawn('Key frames', 'app', [10, 12, 11]),
      drawn('Round 1, a pass', 'app', [50]),
      drawn('Key frames', 'peer', [43, 44, 50]),
    ];
    const found = rows({
      webgpu: { browser: 'Chromium', adapter: 'a GPU', measured, providers: null },
    });
    const own = found.filter((cells) => cells[1]?.includes('WebGPU'));
    expect(own.map((cells) => cells.slice(3, 6))).toEqual([
      ['Key frames, a GPU', '4.00 times', 'holds'],
    ]);
    const inWaves = { ...drawn('Waves', 'app', [9]), waves: 288 };
    const webgpu = { browser: 'Chromium', adapter: 'a GPU', measured: [inWaves], providers: null };
    const cut = rows({ webgpu }).filter((cells) => cells[1]?.includes('parallel schedule'));
    expect(cut.map((cells) => cells.slice(3, 6))).toEqual([['Waves', '2.50 times', 'holds']]);
  });

  it('names every target of an empty run as not measured', () => {
    const verdicts = rows({})
      .slice(2)
      .map((cells) => cells[5]);
    expect(verdicts).toHaveLength(TARGETS.length);
    expect(verdicts.every((verdict) => verdict?.startsWith('not measured: '))).toBe(true);
  });
});
