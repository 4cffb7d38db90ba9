/** The benchmark's passes over masked cells, on native onnxruntime. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scheduleRows } from '../../scripts/bench/scheduleTable.mjs';
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
  const { types, works, native, cost, parallel } = await loadStepModules();
  const made = writeStepPackage(join(folder, 'package'), join(folder, 'steps'), types);
  const { manifest } = made;
  const round = works.roundWork(manifest, 2);
  expect(round).toMatchObject({ name: 'Round 2, a pass', passes: PASSES });
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
  const scheduled = scheduleRows(manifest, parallel).map(({ what }) => what);
  expect(scheduled).toContain('model, key frames');
  expect(scheduled).not.toContain('model, in-between');
});
