/** A package with an upscaler: PyTorch's pixels, sizes of drafts and finished frames, refusals. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorKind } from '../../src/shared/errors';
import { decodeFrame } from '../../workers/stages/decodeFrames';
import { addUpscaler, upscalerGolden as golden } from '../upscalerPackage';
import { generateVideo, loadNodeModel, MICRO_FOLDER, NO_ENLARGING, nodeJob } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

const folder = mkdtempSync(join(tmpdir(), 'flipbook-upscaler-'));
let model: NodeModel;
beforeAll(async () => {
  cpSync(MICRO_FOLDER, folder, { recursive: true });
  addUpscaler(folder);
  model = await loadNodeModel(folder);
});
afterAll(async () => {
  await model.release();
  rmSync(folder, { recursive: true });
});

it('enlarges to the pixels of PyTorch, up to rounding', async () => {
  const side = golden.pixels;
  const bytes = Buffer.from(golden.frame, 'base64');
  const planes = new Float32Array(bytes.length);
  bytes.forEach((byte, at) => {
    planes[(at % 3) * side * side + Math.floor(at / 3)] = byte / 255;
  });
  const frames = new ort.Tensor('float32', planes, [1, 3, side, side]);
  const { upscaled } = await model.graphs.upscaler!.run({ frames });
  const large = golden.upscaledPixels;
  expect(upscaled!.dims).toEqual([1, 3, large, large]);
  const found = upscaled!.data as Float32Array;
  const wanted = Buffer.from(golden.upscaled, 'base64');
  const differences = [...wanted].map((byte, at) =>
    Math.abs(byte - 255 * found[(at % 3) * large * large + Math.floor(at / 3)]!),
  );
  expect(Math.max(...differences)).toBeLessThan(1);
});

it('sends finished frames enlarged, drafts as decoded, and says what each took', async () => {
  const { context, progress } = nodeJob(model, { prompt: 'A lion walks.', rounds: 1 });
  const result = await generateVideo(context);
  const frames = progress.filter((message) => message.kind === 'frame');
  const sides = (final: boolean) =>
    new Set(frames.filter(({ drawn }) => (drawn === 1) === final).map(({ width }) => width));
  expect(sides(true)).toEqual(new Set([96]));
  expect(sides(false)).toEqual(new Set([32]));
  expect(frames.every(({ width, height, pixels }) => pixels.length === 4 * width * height)).toBe(
    true,
  );
  expect(result.timings.decodeMilliseconds).toBeGreaterThan(0);
  expect(result.timings.upscaleMilliseconds).toBeGreaterThan(0);
});

it('draws the same tokens as without it', async () => {
  const tokens = async (from: NodeModel): Promise<number[][]> => {
    const { context } = nodeJob(from, { prompt: 'A lion walks.', rounds: 0 });
    return (await generateVideo(context)).tokens.map(({ ids }) => [...ids]);
  };
  const plain = await loadNodeModel();
  expect(await tokens(model)).toEqual(await tokens(plain));
  await plain.release();
});

it('refuses frames of another size than the manifest says', async () => {
  const { manifest, graphs } = model;
  const tokens = new Int32Array(manifest.grid ** 2);
  const frame = { slot: 0, round: 0, tokens, drawnCells: tokens.length, greyFrom: tokens.length };
  const wrong = { manifest: { ...manifest, upscaledPixels: 64 }, graphs };
  const error: unknown = await decodeFrame(frame, wrong, NO_ENLARGING).catch(
    (reason: unknown) => reason,
  );
  expect(errorKind(error)).toBe('ModelIntegrity');
  expect((error as Error).message).toMatch(
    /upscaler makes a frame of 1 x 3 x 96 x 96 values, .* 64 pixels a side\. Export/,
  );
});
