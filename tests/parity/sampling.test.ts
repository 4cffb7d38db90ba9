/** Pure functions against the numbers of their Python twins. */
import { expect, it } from 'vitest';
import { streamKey, uniform } from '../../workers/sampling/randomStream';
import { sampleTopK } from '../../workers/sampling/sampleTopK';
import { INTERPOLATION_ORDER, KEYFRAME_ORDER } from '../../workers/sampling/schedule';
import { fillStepBiases, patternLayouts, temporalSlot } from '../../workers/sampling/visibility';
import { parseManifest } from '../../src/shared/parseManifest';
import { readFileSync } from 'node:fs';
import { golden } from './golden';
import { MICRO_FOLDER } from './nodePipeline';

interface RandomValues {
  streams: { parts: number[]; key: number; uniform: number[] }[];
  draws: { logits: number[]; temperature: number; topK: number; u: number; token: number }[];
}

interface Visibility {
  cases: {
    stage: 'keyframes' | 'interpolation';
    slot: number;
    cell: number;
    spatial: number[];
    temporal: number[][];
  }[];
}

it('random streams and drawn tokens agree', () => {
  const { streams, draws } = golden<RandomValues>('random');
  for (const { parts, key, uniform: numbers } of streams) {
    expect(streamKey(...parts)).toBe(key);
    expect([0, 1, 2, 719].map((index) => uniform(key, index))).toEqual(numbers);
  }
  for (const { logits, temperature, topK, u, token } of draws) {
    expect(sampleTopK(Float64Array.from(logits), temperature, topK, u)).toBe(token);
  }
  expect(streams.length * draws.length).toBeGreaterThan(0);
});

it('every query sees the same cells', () => {
  const manifest = parseManifest(JSON.parse(readFileSync(`${MICRO_FOLDER}/manifest.json`, 'utf8')));
  const { grid } = manifest;
  const text = { slots: 1, lengths: [1], boost: 0 };
  const { cases } = golden<Visibility>('visibility');
  for (const { stage, slot, cell, spatial, temporal } of cases) {
    const order: readonly number[] = stage === 'keyframes' ? KEYFRAME_ORDER : INTERPOLATION_ORDER;
    const windows =
      stage === 'keyframes' ? manifest.keyframeWindows : manifest.interpolationWindows;
    const layouts = patternLayouts(grid, windows);
    const spatialBias = new Float32Array(1 + grid * grid + 1);
    const width = 1 + 5 * grid * grid + 1;
    const temporalBias = new Float32Array(layouts.length * width);
    const at = order.indexOf(slot);
    fillStepBiases(spatialBias, temporalBias, text, layouts, at, cell);
    const own = [...spatialBias.subarray(1, -1).keys()].filter((key) => spatialBias[1 + key] === 0);
    expect([...own, cell]).toEqual(spatial);
    layouts.forEach((layout, pattern) => {
      const seen: number[] = [];
      for (let frame = 0; frame < 5; frame++) {
        for (let key = 0; key < grid * grid; key++) {
          if (layout.region[key] !== layout.region[cell]) continue;
          const column = temporalSlot(1, layout, order.indexOf(frame), key);
          const isOwn = frame === slot && key === cell;
          if (isOwn || temporalBias[pattern * width + column] === 0) {
            seen.push(frame * grid * grid + key);
          }
        }
      }
      expect(seen).toEqual(temporal[pattern]);
    });
  }
  expect(cases.length).toBeGreaterThan(5);
});
