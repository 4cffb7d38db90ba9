/**
 * Whole packages as the converter writes them, through the real stages: SentencePiece tokenizer,
 * both transformers in shards, icetk's decoder, super-resolution in shards.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { afterAll, expect, it } from 'vitest';
import type { Progress } from '../../src/shared/protocol';
import { tokenizePrompt } from '../../workers/stages/tokenizePrompt';
import { convertedGolden, writeConvertedPackage } from '../convertedPackage';
import { generateVideo, loadNodeModel, nodeJob } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

const root = mkdtempSync(join(tmpdir(), 'flipbook-converted-'));
afterAll(() => rmSync(root, { recursive: true }));

async function withPackage<Result>(
  shards: 1 | 2 | 4,
  residentShards: number | undefined,
  use: (model: NodeModel) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(root, 'package-'));
  writeConvertedPackage(folder, shards, residentShards);
  const model = await loadNodeModel(folder);
  try {
    return await use(model);
  } finally {
    await model.release();
  }
}

/** Tokens and final pixels of a clip. */
async function draw(model: NodeModel, rounds: number) {
  const prompt = '一只狮子在湖边喝水！ a lion';
  const { context, progress } = nodeJob(model, { prompt, rounds, topK: 8, guidance: 3 });
  const { tokens } = await generateVideo(context);
  const isFinal = (p: Progress): p is Extract<Progress, { kind: 'frame' }> =>
    p.kind === 'frame' && p.drawn === 1;
  const frames = progress.filter(isFinal);
  return {
    tokens: tokens.map(({ slot, ids }) => [slot, ...ids]),
    sides: [...new Set(frames.map(({ width }) => width))],
    pixels: frames.map(({ pixels }) => [...pixels]),
  };
}

it('draw the same clip from 1, 2 and 4 shards', async () => {
  const one = await withPackage(1, undefined, (model) => draw(model, 1));
  expect(one.tokens).toHaveLength(9);
  expect(new Set(one.tokens.flat()).size).toBeGreaterThan(10);
  expect(one.sides).toEqual([64]);
  expect(await withPackage(2, undefined, (model) => draw(model, 1))).toEqual(one);
  expect(await withPackage(4, undefined, (model) => draw(model, 1))).toEqual(one);
});

it('draw the same key frames with one shard loaded at a time', async () => {
  const whole = await withPackage(2, undefined, (model) => draw(model, 0));
  expect(await withPackage(2, 1, (model) => draw(model, 0))).toEqual(whole);
});

it('tokenize as the sentencepiece library, empty and long prompts too', async () => {
  await withPackage(1, undefined, async (model) => {
    const { texts } = convertedGolden;
    const longest = Math.max(...texts.map(({ text }) => Buffer.byteLength(text)));
    expect(longest).toBeGreaterThan(10_000);
    for (const { text, ids, cutIds } of texts) {
      const { prompt } = await tokenizePrompt(text, model);
      expect([...prompt], text.slice(0, 40)).toEqual(cutIds);
      const points = Int32Array.from(text, (character) => character.codePointAt(0)!);
      if (points.length === 0) continue;
      const found = await model.graphs.tokenizer.run({
        code_points: new Tensor('int32', points, [points.length]),
      });
      expect([...(found['ids']!.data as Int32Array)]).toEqual(ids);
    }
  });
});
