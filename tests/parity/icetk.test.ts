/** The picture tokenizer of CogVideo in the app's own decoder stage: PyTorch's pixels and ids. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ModelManifest } from '../../src/shared/manifest';
import type { ModelGraphs } from '../../workers/runtime/modelGraphs';
import { OnnxGraph } from '../../workers/runtime/onnxGraph';
import { OrtRuntime } from '../../workers/runtime/ortRuntime';
import { decodeFrame } from '../../workers/stages/decodeFrames';
import { NO_ENLARGING } from './nodePipeline';

const FIXTURE = fileURLToPath(new URL('../fixtures/icetk', import.meta.url));

/** Written by training/icetk/decoder_fixture.py. */
interface IcetkGolden {
  grid: number;
  pixels: number;
  precision: string;
  tokens: number[];
  /** base64 of pixels * pixels * 3 bytes. */
  frame: string;
  /** Ids of the decoded frame. */
  encoded: number[];
}

const golden = JSON.parse(readFileSync(join(FIXTURE, 'golden.json'), 'utf8')) as IcetkGolden;
let decoder: OnnxGraph;
let encoder: OnnxGraph;

async function openGraph(name: string, input: string, output: string): Promise<OnnxGraph> {
  const runtime = new OrtRuntime(ort, { backend: 'wasm', detail: 'Node' }, 'cpu');
  const bytes = readFileSync(join(FIXTURE, `${name}.onnx`));
  const file = { path: `${name}.onnx`, bytes: bytes.length, sha256: '' };
  const { precision } = golden;
  const graph = { files: [file], inputs: [input], outputs: [output], precision };
  return OnnxGraph.create(name, runtime, graph, [bytes], { where: 'cpu' });
}

beforeAll(async () => {
  decoder = await openGraph('decoder', 'tokens', 'frames');
  encoder = await openGraph('encoder', 'frames', 'tokens');
});
afterAll(async () => {
  await decoder.release();
  await encoder.release();
});

it('decodes to the pixels of PyTorch, up to rounding', async () => {
  const { grid, pixels } = golden;
  const manifest = { grid, pixels } as ModelManifest;
  const tokens = Int32Array.from(golden.tokens);
  const frame = { slot: 0, round: 0, tokens, drawnCells: tokens.length, greyFrom: tokens.length };
  const found = await decodeFrame(
    frame,
    { manifest, graphs: { decoder } as ModelGraphs },
    NO_ENLARGING,
  );
  expect(found.side).toBe(pixels);
  const wanted = [...Buffer.from(golden.frame, 'base64')];
  const rgb = [...found.pixels].filter((_, at) => at % 4 !== 3);
  expect(new Set(wanted).size).toBeGreaterThan(50);
  const differences = wanted.map((byte, at) => Math.abs(byte - rgb[at]!));
  expect(differences).toHaveLength(3 * pixels ** 2);
  expect(Math.max(...differences)).toBeLessThanOrEqual(1);
});

it('encodes a picture to the ids of PyTorch', async () => {
  const { grid, pixels } = golden;
  const bytes = Buffer.from(golden.frame, 'base64');
  const planes = new Float32Array(bytes.length);
  bytes.forEach((byte, at) => {
    planes[(at % 3) * pixels ** 2 + Math.floor(at / 3)] = byte / 255;
  });
  const frames = new ort.Tensor('float32', planes, [1, 3, pixels, pixels]);
  const { tokens } = await encoder.run({ frames });
  expect(tokens!.dims).toEqual([1, grid, grid]);
  expect([...(tokens!.data as Int32Array)]).toEqual(golden.encoded);
});
