/** Figures, tables and graphs of the comparison of decode steps. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { comparisonTable } from '../../scripts/bench/comparisonTable.mjs';
import { matrixValues } from '../../scripts/bench/matrixValues.mjs';
import { readOnnxGraph } from '../../scripts/bench/onnxModel.mjs';
import { peerGraph } from '../../scripts/bench/peerGraph.mjs';
import { logitDifference, percentile, stepFigures } from '../../scripts/bench/stepFigures.mjs';
import { projectRoot } from '../../scripts/projectRoot.mjs';

const MICRO = join(projectRoot, 'tests', 'fixtures', 'models', 'micro');

describe('figures of steps', () => {
  const measured = { prefillMilliseconds: 50, stepMilliseconds: [4, 2, 2, 12], probe: [1, -2] };

  it('are median, 95th percentile and tokens of all windows per second', () => {
    expect(stepFigures(measured, 5)).toEqual({
      median: 3,
      p95: 12,
      tokensPerSecond: 1000,
      prefillMilliseconds: 50,
      steps: 4,
    });
  });

  it.each([
    [0.95, 95],
    [0.5, 50],
    [0, 1],
    [1, 100],
  ])('the %d percentile of 1..100 is %d', (share, value) => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(values, share)).toBe(value);
  });

  it('logits are as far apart as their worst number, and infinitely where one is missing', () => {
    expect(logitDifference(measured, { ...measured, probe: [1.5, -2] })).toBe(0.5);
    expect(logitDifference(measured, { ...measured, probe: [1] })).toBe(Infinity);
    expect(logitDifference(measured, { ...measured, probe: [1, NaN] })).toBe(Infinity);
    expect(logitDifference({ ...measured, probe: [] }, { ...measured, probe: [] })).toBe(Infinity);
  });
});

describe('step graphs', () => {
  const bytes = readFileSync(join(MICRO, 'interpolation.onnx'));

  it("the peer's gives every cache back whole beside what the graph gave before", () => {
    const [before, after] = [readOnnxGraph(bytes), readOnnxGraph(peerGraph(bytes))];
    const added = after.output.slice(before.output.length).map(({ name }) => name);
    expect(after.output.slice(0, before.output.length)).toEqual(before.output);
    expect(added).toHaveLength(2 * 2 * 2); // Layers, channels, keys and values.
    expect(added).toContain('present_temporal_value_1');
    const joined = after.node.filter(({ output }) => added.includes(output[0]!));
    expect(joined.map(({ op_type }) => op_type)).toEqual(added.map(() => 'Concat'));
    // New rows have a leading 1 that caches lack: the axis, and not a weight more.
    expect(after.initializer.slice(0, before.initializer.length)).toEqual(before.initializer);
    const axis = after.initializer.slice(before.initializer.length);
    expect(axis.map(({ int64_data }) => int64_data)).toEqual([[0]]);
  });

  it('have as many numbers in their matrices as the architecture says', () => {
    const [hidden, ffn, layers, codes, hints] = [64, 128, 2, 64, 2];
    const layer = hidden * (6 * hidden + 2 * hidden + 2 * ffn);
    expect(matrixValues(bytes)).toBe(layers * layer + hidden * (codes + hints));
  });

  it('that take the text summary as an input do not multiply with its matrices', () => {
    const read = (path: string): Buffer => readFileSync(join(projectRoot, 'tests', path));
    const everyStep = matrixValues(read('fixtures/textSummary/keyframes.onnx'));
    const once = matrixValues(read('fixtures/models/micro/keyframes.onnx'));
    const [hidden, inner] = [64, 32];
    expect(everyStep - once).toBe(2 * hidden * inner);
  });

  it('without caches are refused', () => {
    const decoder = readFileSync(join(MICRO, 'decoder.onnx'));
    expect(() => peerGraph(decoder)).toThrow('makes no rows of caches');
  });
});

it('the table says how many times the higher floor a step takes, and leaves out what was not run', () => {
  const figure = { median: 8, p95: 10, tokensPerSecond: 500, prefillMilliseconds: 1, steps: 2 };
  const table = comparisonTable({
    browser: 'Chromium',
    torchSkipped: 'no torch',
    rooflines: [],
    schedule: [],
    rows: [
      {
        work: 'Round 1',
        threads: 1,
        sequences: 4,
        windows: 2,
        figures: {
          wasm: figure,
          native: { ...figure, median: 6 },
          peer: { ...figure, median: 12 },
        },
        logitDifference: {},
        floors: { operations: 1, bytes: 4 },
        cost: { operations: 1, bytes: 1 },
      },
    ],
  });
  const [head, , row] = table.split('\n').map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
  const cell = (name: string): string | undefined => row?.[head?.indexOf(name) ?? -1];
  expect(cell('app, WASM: median')).toBe('8.00 ms');
  expect(cell('app / native speed')).toBe('0.75');
  expect(cell("app / peer's speed")).toBe('1.50');
  expect(cell('torch')).toBe('-');
  expect(cell('app / higher floor')).toBe('2.00');
});
