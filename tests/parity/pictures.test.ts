/** Pixels of the decoder and tokens of the encoder against PyTorch. */
import { readFile } from 'node:fs/promises';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OnnxGraph } from '../../workers/runtime/onnxGraph';
import { decodeFrame } from '../../workers/stages/decodeFrames';
import { golden } from './golden';
import { loadNodeModel, MICRO_FOLDER, NO_ENLARGING } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

interface Pixels {
  tokens: number[][];
  pixels: number;
  /** base64 of pixels * pixels * 3 bytes. */
  rgb: string[];
  encoded: number[][];
}

const { tokens, pixels, rgb, encoded } = golden<Pixels>('pixels');
const pictures = rgb.map((text) => Buffer.from(text, 'base64'));

let model: NodeModel;
beforeAll(async () => {
  model = await loadNodeModel();
});
afterAll(() => model.release());

const frame = (index: number, drawnCells: number) => {
  const ids = Int32Array.from(tokens[index]!);
  const greyFrom = drawnCells;
  return decodeFrame({ slot: 0, round: 0, tokens: ids, drawnCells, greyFrom }, model, NO_ENLARGING);
};

it('decodes to the pixels of PyTorch, up to rounding', async () => {
  for (const [index, expected] of pictures.entries()) {
    const { pixels: rgba } = await frame(index, model.manifest.grid ** 2);
    expect(rgba).toHaveLength(4 * pixels * pixels);
    for (let pixel = 0; pixel < pixels * pixels; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        const difference = rgba[4 * pixel + channel]! - expected[3 * pixel + channel]!;
        expect(Math.abs(difference)).toBeLessThanOrEqual(1);
      }
      expect(rgba[4 * pixel + 3]).toBe(255);
    }
  }
});

it('shows cells that have no token yet in grey', async () => {
  const { grid } = model.manifest;
  const { pixels: whole } = await frame(0, grid * grid);
  const { pixels: half } = await frame(0, 2 * grid);
  const middle = 2 * (pixels / grid) * pixels * 4;
  expect(half.subarray(0, middle)).toEqual(whole.subarray(0, middle));
  expect(new Set(half.subarray(middle))).toEqual(new Set([128, 255]));
});

it('encodes to the tokens of PyTorch', async () => {
  const manifest = model.manifest.graphs.encoder!;
  const bytes = await readFile(`${MICRO_FOLDER}/${manifest.files[0]!.path}`);
  const { runtime } = model.graphs.decoder;
  const encoder = await OnnxGraph.create('encoder', runtime, manifest, [bytes], { where: 'cpu' });
  for (const [index, picture] of pictures.entries()) {
    const planes = new Float32Array(picture.length);
    picture.forEach((byte, at) => {
      planes[(at % 3) * pixels * pixels + Math.floor(at / 3)] = byte / 255;
    });
    const frames = new ort.Tensor('float32', planes, [1, 3, pixels, pixels]);
    const results = await encoder.run({ frames });
    expect([...(results['tokens']!.data as Int32Array)]).toEqual(encoded[index]);
  }
  await encoder.release();
});
