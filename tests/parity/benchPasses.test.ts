/** The benchmark's passes over masked cells, on native onnxruntime, and its waves of frames. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadStepModules } from '../../scripts/bench/stepModules.mjs';
import { writeStepPackage } from '../../scripts/bench/stepPackage.mjs';
import {
  fillStepBiases,
  patternLayouts,
  spatialCapacity,
  temporalCapacity,
} from '../../workers/sampling/visibility';
import { drawMaskedCells } from '../maskedPackage';
import { CELLS, KEY_FRAME_PASSES, PASSES } from './maskedModel';
import { MICRO_FOLDER } from './nodePipeline';

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

it('measures passes over the last key frame, behind the others', async () => {
  const { types, works, native, cost } = await loadStepModules();
  const made = writeStepPackage(join(folder, 'package'), join(folder, 'keyFrames'), types);
  const { manifest } = made;
  const [frame] = works.keyFramePassWorks(manifest);
  if (!frame) throw new Error('The package draws no key frames in passes.');
  expect(frame).toMatchObject({ stage: 'keyframes', passes: KEY_FRAME_PASSES });
  expect(frame.given[0]).toHaveLength(4);
  expect(types.stepTokens(frame)).toBeCloseTo(CELLS / KEY_FRAME_PASSES, 9);
  const request = { manifest, works: [frame], way: 'app' as const };
  const [whole] = (await native.measureNative(made.folder, 1, request)).measured;
  expect(whole?.stepMilliseconds).toHaveLength(KEY_FRAME_PASSES);
  expect(whole?.probe.every(Number.isFinite)).toBe(true);
  // Text in both channels and four frames in one, for every sequence.
  const { layers, hidden } = manifest.architecture;
  const slots = 2 * Math.max(...frame.texts.map((text) => text.length)) + 4 * CELLS;
  expect(cost.cacheBytes(manifest, frame)).toBe(
    2 * 4 * hidden * layers * slots * frame.texts.length,
  );
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

it('counts the waves of key frames that trail one another', async () => {
  const { types, works } = await loadStepModules();
  const { manifest } = writeStepPackage(join(folder, 'package'), join(folder, 'waves'), types);
  expect(works.waveWorks(manifest)).toEqual([]);
  const sampling = { ...manifest.sampling, keyFrameLag: 5 };
  const [work] = works.waveWorks({ ...manifest, sampling });
  if (!work) throw new Error('The package draws no frames in parallel.');
  const count = CELLS + 4 * 5;
  expect(work).toMatchObject({ stage: 'keyframes', waves: { lag: 5, count } });
  expect(types.stepTokens(work)).toBeCloseTo((work.drawn.length * 5 * CELLS) / count, 9);
});

it.each(['keyFrameWork', 'roundWork'] as const)(
  "counts the columns that a step's cells see: %s",
  async (name) => {
    const { types, works, cost } = await loadStepModules();
    const made = writeStepPackage(join(folder, 'package'), join(folder, name), types);
    const { manifest } = made;
    const work = name === 'roundWork' ? works.roundWork(manifest, 1) : works.keyFrameWork(manifest);
    const layouts = patternLayouts(manifest.grid, manifest.keyframeWindows);
    expect(manifest.interpolationWindows).toEqual(manifest.keyframeWindows);
    const { layers, hidden } = manifest.architecture;
    expect(layers).toBe(layouts.length);
    const sequences = work.texts.length;
    const slots = Math.max(...work.texts.map((text) => text.length));
    const text = { slots, lengths: work.texts.map(() => slots), boost: 0 };
    const spatial = new Float32Array(sequences * (spatialCapacity(slots, CELLS) + 1));
    const width = temporalCapacity(slots, layouts) + 1;
    const temporal = new Float32Array(layers * sequences * width);
    const first = work.given[0]!.length;
    const frames = work.drawn[0]!.length;
    let seen = 0;
    for (let order = first; order < first + frames; order++) {
      for (let cell = 0; cell < CELLS; cell++) {
        fillStepBiases(spatial, temporal, text, layouts, order, cell);
        const visible = (bias: Float32Array): number => bias.filter((value) => value === 0).length;
        seen += layers * visible(spatial) + visible(temporal);
      }
    }
    const values = made.matrixValues[work.stage];
    const found = cost.stepCost(manifest, work, values);
    const numbers = (2 * hidden * seen) / (frames * CELLS);
    expect(found.bytes).toBeCloseTo(4 * (values + numbers), 3);
    expect(found.operations).toBeCloseTo(2 * sequences * values + 2 * numbers, 3);
  },
);
