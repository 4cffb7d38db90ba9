/** A package whose upscaler enlarges tokens: PyTorch's pixels, and its place in the main flow. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { warmUp } from '../../workers/runtime/warmUp';
import { decodeFrame } from '../../workers/stages/decodeFrames';
import type { DecodedFrame } from '../../workers/stages/decodeFrames';
import { addSuperResolution, superResolutionGolden as golden } from '../superResolutionPackage';
import { generateVideo, loadNodeModel, MICRO_FOLDER, nodeJob } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

const folder = mkdtempSync(join(tmpdir(), 'flipbook-super-resolution-'));
const prompt = Int32Array.from(golden.text);
let model: NodeModel;
beforeAll(async () => {
  cpSync(MICRO_FOLDER, folder, { recursive: true });
  addSuperResolution(folder);
  model = await loadNodeModel(folder);
});
afterAll(async () => {
  await model.release();
  rmSync(folder, { recursive: true });
});

function decode(text: Int32Array, seed: number): Promise<DecodedFrame> {
  const tokens = Int32Array.from(golden.tokens);
  const frame = { slot: 0, round: 0, tokens, drawnCells: tokens.length, greyFrom: tokens.length };
  return decodeFrame(frame, model, { prompt: text, seed });
}

it('enlarges to the pixels of PyTorch, up to rounding', async () => {
  const { side, pixels } = await decode(prompt, golden.seed);
  expect(side).toBe(golden.upscaledPixels);
  const rgb = [...pixels].filter((_, at) => at % 4 !== 3);
  const wanted = [...Buffer.from(golden.frame, 'base64')];
  expect(rgb).toHaveLength(wanted.length);
  const differences = wanted.map((byte, at) => Math.abs(byte - rgb[at]!));
  expect(Math.max(...differences)).toBeLessThanOrEqual(1);
});

it('depends on prompt and seed, and takes an empty prompt', async () => {
  const { pixels } = await decode(prompt, golden.seed);
  expect((await decode(prompt, golden.seed)).pixels).toEqual(pixels);
  expect((await decode(prompt, golden.seed + 1)).pixels).not.toEqual(pixels);
  expect((await decode(prompt.slice(0, 2), golden.seed)).pixels).not.toEqual(pixels);
  expect((await decode(new Int32Array(0), golden.seed)).pixels).toHaveLength(pixels.length);
});

it('sends finished frames enlarged and drafts as decoded, of the tokens drawn without it', async () => {
  await warmUp(model.manifest, model.graphs, model.clusters, () => undefined);
  const { context, progress } = nodeJob(model, { prompt: 'A lion walks.', rounds: 1 });
  const result = await generateVideo(context);
  const frames = progress.filter((message) => message.kind === 'frame');
  const sides = (final: boolean) =>
    new Set(frames.filter(({ drawn }) => (drawn === 1) === final).map(({ width }) => width));
  expect(sides(true)).toEqual(new Set([golden.upscaledPixels]));
  expect(sides(false)).toEqual(new Set([model.manifest.pixels]));
  expect(result.timings.upscaleMilliseconds).toBeGreaterThan(0);

  const plain = await loadNodeModel();
  const other = nodeJob(plain, { prompt: 'A lion walks.', rounds: 1 });
  expect(result.tokens).toEqual((await generateVideo(other.context)).tokens);
  await plain.release();
});
