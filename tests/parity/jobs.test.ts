/** Cancelling, reproducing and refusing, through the real stages. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorKind, FlipbookError } from '../../src/shared/errors';
import { OnnxGraph } from '../../workers/runtime/onnxGraph';
import { generateVideo, loadNodeModel, MICRO_FOLDER, nodeJob } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

const PROMPT = 'A lion drinks water at the lake.';

let model: NodeModel;
beforeAll(async () => {
  model = await loadNodeModel();
});
afterAll(() => model.release());

describe('cancel', () => {
  const cancelled = new FlipbookError('Cancelled', 'The clip was cancelled.');

  it('keeps the frames that were sent and stops within a step', async () => {
    const { context, progress } = nodeJob(
      model,
      { prompt: PROMPT, rounds: 3 },
      (message, abort) => {
        if (message.kind === 'frame' && message.slot === 16 && message.drawn === 1) {
          abort.abort(cancelled);
        }
      },
    );
    const result = await generateVideo(context);
    expect(result.outcome).toBe('cancelled');
    expect(result.slots).toEqual([0, 8, 16]);
    expect(result.tokens.map(({ slot }) => slot)).toEqual([0, 8, 16]);
    expect(result.timings.keyframeSteps).toBe(3 * 16);
    const last = progress.at(-1);
    expect(last).toMatchObject({ kind: 'frame', slot: 16 });
  });

  it('within a round keeps the frames of that round', async () => {
    const { context } = nodeJob(model, { prompt: PROMPT, rounds: 2 }, (message, abort) => {
      if (message.kind === 'frame' && message.slot === 10) abort.abort(cancelled);
    });
    const result = await generateVideo(context);
    expect(result.outcome).toBe('cancelled');
    // Key frames, then frame 1 of both windows of round 1.
    expect(result.slots).toEqual([0, 2, 4, 8, 10, 12, 16]);
  });
});

it('the same seed draws the same clip, another one another', async () => {
  const tokens = async (seed: number): Promise<number[][]> => {
    const { context } = nodeJob(model, { prompt: PROMPT, seed, rounds: 1 });
    return (await generateVideo(context)).tokens.map(({ ids }) => [...ids]);
  };
  const first = await tokens(5);
  expect(await tokens(5)).toEqual(first);
  expect(await tokens(6)).not.toEqual(first);
});

it('draws the known part of a prompt, and what contradicts itself', async () => {
  const tokens = async (prompt: string): Promise<number[][]> => {
    const { context } = nodeJob(model, { prompt, rounds: 0 });
    const { outcome, tokens: frames } = await generateVideo(context);
    expect(outcome).toBe('complete');
    return frames.map(({ ids }) => [...ids]);
  };
  const lion = await tokens('a lion in the forest');
  expect(await tokens('a fluffy lion with a hat 🎩 in the forest')).toEqual(lion);
  expect(await tokens('a lion in the snow')).not.toEqual(lion);
  expect(await tokens('一头毛茸茸的狮子在图书馆里喝水')).toEqual(await tokens('一头狮子喝水'));
  expect(await tokens('a lion drives under water in the desert')).toHaveLength(5);
  expect(() => nodeJob(model, { prompt: 'an elephant' })).toThrow(/no word of “an elephant”/);
});

it('splitting a round into small batches draws the same clip', async () => {
  const draw = async (cacheBytes?: number): Promise<number[][]> => {
    const { context } = nodeJob(model, { prompt: PROMPT, rounds: 3 });
    const limited = cacheBytes === undefined ? context : { ...context, cacheBytes };
    return (await generateVideo(limited)).tokens.map(({ ids }) => [...ids]);
  };
  expect(await draw(1)).toEqual(await draw());
});

describe('graphs', () => {
  it('of a file that is none are refused by name', async () => {
    const { manifest, graphs } = model;
    const html = new TextEncoder().encode('<!doctype html><title>404</title>');
    const made = OnnxGraph.create(
      'decoder',
      graphs.decoder.runtime,
      manifest.graphs.decoder,
      [html],
      {
        where: 'cpu',
      },
    );
    const error: unknown = await made.catch((reason: unknown) => reason);
    expect(errorKind(error)).toBe('ModelIntegrity');
    expect((error as Error).message).toMatch(/decoder\.onnx is not a graph that this app can run/);
  });

  it('with other tensors than the manifest names are refused', async () => {
    const { manifest, graphs } = model;
    const bytes = await readFile(`${MICRO_FOLDER}/decoder.onnx`);
    const wrong = { ...manifest.graphs.decoder, inputs: ['codes'], outputs: ['frames', 'depth'] };
    const made = OnnxGraph.create('decoder', graphs.decoder.runtime, wrong, [bytes], {
      where: 'cpu',
    });
    const error: unknown = await made.catch((reason: unknown) => reason);
    expect(errorKind(error)).toBe('ModelIntegrity');
    expect((error as Error).message).toMatch(
      /decoder has no input codes, an input tokens that the manifest does not name, no output depth/,
    );
  });
});
