/** Whole clips through the real stages, token for token against PyTorch. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clipFrames, keyFrameSlot } from '../../workers/sampling/schedule';
import { guidanceTexts, tokenizePrompt } from '../../workers/stages/tokenizePrompt';
import { golden } from './golden';
import { generateVideo, loadNodeModel, nodeJob } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

interface GoldenClip {
  name: string;
  prompt: string;
  seed: number;
  keyRate: number;
  guidance: number;
  interpolationGuidance: number;
  temperature: number;
  topK: number;
  textIds: number[];
  keyFrames: number[][];
  rounds: number[][][];
}

const { clips } = golden<{ clips: GoldenClip[] }>('clips');

let model: NodeModel;
beforeAll(async () => {
  const loaded = await loadNodeModel();
  // PyTorch reads a prompt as it is; without a word list nothing is left out of it here either.
  model = { ...loaded, manifest: { ...loaded.manifest, knownWords: { en: [], zh: [] } } };
});
afterAll(() => model.release());

/** Draws a golden clip; its settings may lie outside of what the page offers. */
async function draw(clip: GoldenClip, rounds: number) {
  const { prompt, seed, guidance, temperature, topK, keyRate } = clip;
  const sampling = {
    ...model.manifest.sampling,
    interpolationGuidance: clip.interpolationGuidance,
  };
  const manifest = { ...model.manifest, sampling };
  const { context, progress } = nodeJob({ ...model, manifest }, { prompt, rounds });
  context.options = { ...context.options, seed, guidance, temperature, topK };
  context.keyRate = keyRate;
  return { result: await generateVideo(context), context, progress };
}

describe.each(clips)('$name', (clip) => {
  it('has the text row of PyTorch', async () => {
    const { context } = nodeJob(model, { prompt: clip.prompt });
    const text = await tokenizePrompt(clip.prompt, context);
    const [row] = guidanceTexts(text, 'keyframes', clip.keyRate, 1, context);
    const { textLength, ids } = model.manifest;
    expect(clip.textIds).toHaveLength(textLength);
    const padding = Array<number>(textLength - row!.length).fill(ids.pad);
    expect([...row!, ...padding]).toEqual(clip.textIds);
  });

  it('has the tokens of PyTorch after every round', async () => {
    for (let rounds = 0; rounds <= clip.rounds.length; rounds++) {
      const { result } = await draw(clip, rounds);
      expect(result.outcome).toBe('complete');
      const expected = rounds === 0 ? clip.keyFrames : clip.rounds[rounds - 1]!;
      expect(result.slots).toEqual([...Array(clipFrames(rounds)).keys()]);
      expect(result.tokens.map(({ ids }) => [...ids])).toEqual(expected);
    }
  });

  it('sends every frame once as final, key frames first', async () => {
    const { progress } = await draw(clip, 2);
    const frames = progress.filter((message) => message.kind === 'frame');
    const final = frames.filter(({ drawn }) => drawn === 1);
    expect(final.slice(0, 5).map(({ slot }) => slot)).toEqual(
      [0, 1, 2, 3, 4].map((index) => keyFrameSlot(index, 2)),
    );
    expect(new Set(final.map(({ slot }) => slot)).size).toBe(clipFrames(2));
    expect(final).toHaveLength(clipFrames(2));
  });
});
