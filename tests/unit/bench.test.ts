import { describe, expect, it } from 'vitest';
import { parseBenchArguments } from '../../scripts/bench/benchArguments.mjs';
import { figuresTable } from '../../scripts/bench/figuresTable.mjs';
import { median } from '../../scripts/bench/median.mjs';

describe('arguments of npm run bench', () => {
  it('default to one clip of the default model', () => {
    expect(parseBenchArguments([])).toEqual({
      model: undefined,
      json: undefined,
      prompt: undefined,
      clips: 1,
      steps: undefined,
      parts: ['clip', 'steps', 'webgpu', 'growth'],
      quick: false,
      link: {},
    });
  });

  it.each([
    [['--clips', '0'], '--clips must be a whole number from 1'],
    [['--clips', 'ten'], '--clips must be a whole number from 1'],
    [['--quick', '--model', 'mini'], 'leave out --model'],
    [['--steps', '1.5'], '--steps must be a whole number from 1'],
    [['--only', 'speed'], '--only must be one of clip, steps, webgpu, growth'],
    [['--fast'], "Unknown option '--fast'"],
  ])('%j are refused', (argv, message) => {
    expect(() => parseBenchArguments(argv)).toThrow(message);
  });
});

it.each([
  [[3], 3],
  [[3, 1, 2], 2],
  [[4, 1, 2, 30], 3],
])('the median of %j is %d', (values, middle) => {
  expect(median(values)).toBe(middle);
});

describe('table of figures', () => {
  const load = {
    firstPaint: 321,
    ready: 2500,
    modelBytes: 12_345_678,
    upscalerBytes: 650_000,
    appBytes: 900_000,
  };
  const run = {
    backend: 'wasm, 2 threads',
    firstVisit: load,
    nextVisit: { ...load, ready: 1500, modelBytes: 0 },
    timings: {
      stages: [],
      tokenize: 20,
      firstRow: 120,
      firstKeyFrame: 1020,
      keyFrames: 5000,
      rounds: [7000, 12_000],
      total: 12_000,
      keyframeSteps: 720,
      keyframeStepMilliseconds: 6.789,
      interpolationSteps: 288,
      interpolationStepMilliseconds: 20.5,
      decodeMilliseconds: 31.25,
      upscaleMilliseconds: 64.5,
    },
    keyframeTokensPerSecond: 144.4,
    interpolationTokensPerSecond: 300,
    frames: 17,
    gridCells: 144,
    export: { milliseconds: 800, bytes: 100_000 },
    peakMemory: { allProcesses: null, tab: 400e6 },
    pageMemory: [30e6, 31e6],
  };

  it('has a row per figure, with rounds after the key frames, and equal widths', () => {
    const lines = figuresTable([run, { ...run, backend: 'wasm, 1 thread' }]).split('\n');
    const cells = lines.map((line) => line.split('|').map((cell) => cell.trim()));
    expect(cells[0]?.slice(2, 4)).toEqual(['wasm, 2 threads', 'wasm, 1 thread']);
    const figure = (name: string) => cells.find((row) => row[1] === name)?.[2];
    expect(figure('Download, model')).toBe('12.35 MB');
    expect(figure('Download, upscaler alone')).toBe('0.65 MB');
    expect(figure('Enlarging one frame')).toBe('64.50 ms');
    expect(figure('Next visit: ready to draw')).toBe('1.50 s');
    expect(figure('Key frames, one decode step')).toBe('6.79 ms');
    expect(figure('Key frames, tokens/s')).toBe('144');
    expect(figure('Peak memory, whole browser')).toBe('-');
    expect(figure('Memory of the page after the last clip')).toBe('31.00 MB');
    const names = cells.map((row) => row[1]);
    const keys = names.indexOf('Five key frames');
    expect(names.slice(keys, keys + 4)).toEqual([
      'Five key frames',
      'Round 1 (9 frames)',
      'Round 2 (17 frames)',
      'Whole clip',
    ]);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });
});
