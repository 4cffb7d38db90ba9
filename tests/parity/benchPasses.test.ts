/** The benchmark's passes over masked cells, on native onnxruntime. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadStepModules } from '../../scripts/bench/stepModules.mjs';
import { writeStepPackage } from '../../scripts/bench/stepPackage.mjs';
import { drawMaskedCells } from '../maskedPackage';
import { MICRO_FOLDER } from './nodePipeline';

const PASSES = 5;
const CELLS = 16;

const folder = mkdtempSync(join(tmpdir(), 'flipbook-bench-passes-'));
beforeAll(() => {
  cpSync(MICRO_FOLDER, join(folder, 'package'), { recursive: true });
  drawMaskedCells(join(folder, 'package'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('measures as many steps as a round has passes, each of its share of tokens', async () => {
  const { types, works, native, cost } = await loadStepModules();
  const made = writeStepPackage(join(folder, 'package'), join(folder, 'steps'), types);
  const { manifest } = made;
  const [round] = works.passWorks(manifest, 2);
  if (!round) throw new Error('The package draws no passes.');
  expect(round).toMatchObject({ name: 'Round 2, a pass', passes: PASSES });
  expect(works.roundWork(manifest, 2).passes).toBeUndefined();
  expect(types.stepTokens(round)).toBeCloseTo((4 * 2 * CELLS) / PASSES, 9);
  expect(works.keyFrameWork(manifest).passes).toBeUndefined();
  const request = { manifest, works: [round], way: 'app' as const };
  const [whole] = (await native.measureNative(made.folder, 1, request)).measured;
  expect(whole?.stepMilliseconds).toHaveLength(PASSES);
  expect(whole?.probe.every(Number.isFinite)).toBe(true);
  const [short] = (await native.measureNative(made.folder, 1, { ...request, steps: 2 })).measured;
  expect(short?.stepMilliseconds).toHaveLength(2);
  // Another pass sees other tokens.
  expect(short?.probe).not.toEqual(whole?.probe);

  const { operations } = cost.stepCost(manifest, round, made.matrixValues.interpolation);
  expect(operations).toBeGreaterThan(
    2 * CELLS * 2 * round.texts.length * made.matrixValues.interpolation,
  );
  expect(cost.cacheBytes(manifest, round)).toBeGreaterThan(0);
});

it('measures the same graph cell by cell as well, by the app and by the peer', async () => {
  const { types, works, native } = await loadStepModules();
  const made = writeStepPackage(join(folder, 'package'), join(folder, 'cells'), types);
  const request = { manifest: made.manifest, works: [works.roundWork(made.manifest, 1)], steps: 3 };
  const probes: number[][] = [];
  for (const way of ['app', 'peer'] as const) {
    const [own] = (await native.measureNative(made.folder, 1, { ...request, way })).measured;
    expect(own?.stepMilliseconds).toHaveLength(3);
    probes.push(own!.probe);
  }
  const apart = probes[0]!.map((value, index) => Math.abs(value - probes[1]![index]!));
  expect(Math.max(...apart)).toBeLessThan(0.02);
});
