/**
 * CogVideo's numbers through the worker: teacher-forced through the runner that draws clips, in
 * onnxruntime-web. The fixture is a set of other sizes from a reference implementation
 * (training/tests/cogvideo_small_set.py); FLIPBOOK_COGVIDEO names a folder of
 * `python -m training.cogvideo.export_golden` to run vectors of the original code instead.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web/wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelManifest, TemporalWindow } from '../../src/shared/manifest';
import { parseManifest } from '../../src/shared/parseManifest';
import { OnnxGraph } from '../../workers/runtime/onnxGraph';
import { OrtRuntime } from '../../workers/runtime/ortRuntime';
import { TransformerRunner } from '../../workers/runtime/transformerRunner';
import { INTERPOLATION_ORDER, KEYFRAME_ORDER } from '../../workers/sampling/schedule';
import { MICRO_FOLDER } from './nodePipeline';

interface Block {
  name: string;
  mode: 'first frame' | 'fixed' | 'released';
  boost: number;
  text: number[];
  /** Tokens of the five frames. */
  frames: number[][];
  /** Frame slot and cell of each row of `logits`. */
  positions: [slot: number, cell: number][];
  /** Of the codes `codeIndex`. */
  logits: number[][];
  best: number[];
  margin: number[];
}

interface Stage {
  path: string;
  inputs: string[];
  outputs: string[];
  grid: number;
  codes: number;
  textLength: number;
  layers: number;
  hidden: number;
  heads: number;
  headDim: number;
  pad: number;
  beginOfImage: number;
  nullHint: number;
  windows: TemporalWindow[];
  codeIndex: number[];
  blocks: Block[];
}

/** Limits of the golden sets' README, through ONNX. */
const LOGIT_LIMIT = 2e-4;
const CLEAR_MARGIN = 1e-4;
/** Blocks of one mode that are run: one with few and one with many text ids. */
const BLOCKS = 2;

const FIXTURE = fileURLToPath(new URL('../fixtures/cogvideo', import.meta.url));
const folder = process.env['FLIPBOOK_COGVIDEO'] ?? FIXTURE;
const stages = JSON.parse(readFileSync(`${folder}/golden.json`, 'utf8')) as Record<string, Stage>;

/** Only the numbers that the runner reads are the stage's. */
function manifestOf(stage: Stage): ModelManifest {
  const micro = parseManifest(JSON.parse(readFileSync(`${MICRO_FOLDER}/manifest.json`, 'utf8')));
  const { grid, codes, textLength, pad, beginOfImage, nullHint } = stage;
  const { layers, hidden, heads, headDim } = stage;
  return {
    ...micro,
    grid,
    codes,
    textLength,
    ids: { ...micro.ids, pad, beginOfImage, nullHint },
    architecture: {
      ...{ layers, hidden, heads, headDim },
      previousFrameHint: false,
      copyGate: false,
      norm: 'layer',
      sandwich: true,
    },
  };
}

/** Largest difference of the logits at the block's positions in drawn slots, and wrong best codes. */
async function compare(graph: OnnxGraph, stage: Stage, block: Block) {
  const interpolates = stage.path.startsWith('interpolation');
  const order = interpolates ? INTERPOLATION_ORDER : KEYFRAME_ORDER;
  const first = block.mode === 'first frame';
  const given = first ? 0 : interpolates ? 3 : 1;
  const runner = new TransformerRunner(graph, manifestOf(stage), {
    texts: [Int32Array.from(block.text)],
    windows: stage.windows,
    order,
    textBoost: block.boost,
    baseOnly: first,
    causalPrefill: !interpolates,
    asReleased: block.mode === 'released',
  });
  const found = { difference: 0, wrong: 0, compared: 0 };
  try {
    const tokens = block.frames.map((frame) => Int32Array.from(frame));
    await runner.prefill([order.slice(0, given).map((slot) => tokens[slot]!)]);
    // One key frame behind the given one shows that its keys are read; the others repeat it.
    for (let at = given; at < (interpolates ? 5 : given + 1); at++) {
      for (let cell = 0; cell < stage.grid ** 2; cell++) {
        const slot = order[at]!;
        runner.ids[0] = cell === 0 ? stage.beginOfImage : tokens[slot]![cell - 1]!;
        const logits = await runner.step(at, cell);
        const row = block.positions.findIndex(([s, c]) => s === slot && c === cell);
        if (row >= 0) compareRow(stage, block, row, logits, found);
      }
    }
  } finally {
    runner.dispose();
  }
  return found;
}

function compareRow(
  stage: Stage,
  block: Block,
  row: number,
  logits: Float32Array,
  found: { difference: number; wrong: number; compared: number },
): void {
  stage.codeIndex.forEach((code, column) => {
    const difference = Math.abs(logits[code]! - block.logits[row]![column]!);
    // A NaN must not be lost.
    if (!(difference <= found.difference)) found.difference = difference;
  });
  const best = logits.indexOf(logits.reduce((most, logit) => Math.max(most, logit), -Infinity));
  if (block.margin[row]! >= CLEAR_MARGIN && best !== block.best[row]) found.wrong++;
  found.compared++;
}

describe.each(Object.entries(stages))('%s', (name, stage) => {
  let graph: OnnxGraph;
  beforeAll(async () => {
    ort.env.wasm.numThreads = 1;
    const runtime = new OrtRuntime(ort, { backend: 'wasm', detail: 'Node' }, 'wasm');
    const { path, inputs, outputs } = stage;
    const files = [{ path, bytes: 1, sha256: '' }];
    const bytes = readFileSync(`${folder}/${path}`);
    const manifest = { files, inputs, outputs, precision: 'fp32' };
    graph = await OnnxGraph.create(name, runtime, manifest, [bytes], { where: 'cpu' });
  });
  afterAll(() => graph.release());

  it.each([...new Set(stage.blocks.map(({ mode }) => mode))])(
    'has the logits of CogVideo: %s',
    async (mode) => {
      const blocks = stage.blocks.filter((block) => block.mode === mode).slice(0, BLOCKS);
      for (const block of blocks) {
        const { difference, wrong, compared } = await compare(graph, stage, block);
        if (folder !== FIXTURE) console.log(block.name, compared, 'positions:', difference);
        expect(compared).toBeGreaterThan(0);
        expect(difference).toBeLessThanOrEqual(LOGIT_LIMIT);
        expect(wrong).toBe(0);
      }
    },
    600_000,
  );
});
