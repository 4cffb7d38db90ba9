import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../../src/shared/parseManifest';
import { stageTexts } from '../../../workers/stages/promptTexts';
import { firstFrameText, guidanceTexts } from '../../../workers/stages/tokenizePrompt';
import type { TokenizedPrompt } from '../../../workers/stages/tokenizePrompt';

const MICRO = new URL('../../fixtures/models/micro/manifest.json', import.meta.url);
const COGVIDEO = { firstFrameSuffix: ' 高清摄影', guidedSuffix: ' 视频', unconditional: '视频' };
const manifest = parseManifest(JSON.parse(readFileSync(MICRO, 'utf8')));
const { textLength } = manifest;
const { lineBreak } = manifest.ids;

/** One id each for what is encoded apart. */
const text: TokenizedPrompt = {
  prompt: Int32Array.of(101),
  durations: new Map(
    manifest.rates.map(({ durationText }, index) => [durationText, Int32Array.of(200 + index)]),
  ),
  guidedPrompt: Int32Array.of(102),
  unconditional: Int32Array.of(103),
  firstFrame: new Int32Array(textLength + 5).fill(104),
};

describe('stageTexts', () => {
  it('adds nothing without promptTexts', () => {
    expect(stageTexts('狮子', undefined)).toEqual({
      prompt: '狮子',
      guidedPrompt: '狮子',
      unconditional: '',
      firstFrame: undefined,
    });
  });

  it("adds CogVideo's texts where its release adds them", () => {
    expect(stageTexts('狮子', COGVIDEO)).toEqual({
      prompt: '狮子',
      guidedPrompt: '狮子 视频',
      unconditional: '视频',
      firstFrame: '狮子 高清摄影',
    });
  });
});

describe('guidanceTexts', () => {
  const { framesPerSecond } = manifest.rates[0]!;
  const row = (...ids: number[]): Int32Array => Int32Array.of(200, lineBreak, ...ids);

  it('reads the bare prompt in both stages when guidance is off', () => {
    for (const stage of ['keyframes', 'interpolation'] as const) {
      expect(guidanceTexts(text, stage, framesPerSecond, 1, { manifest })).toEqual([row(101)]);
    }
  });

  it('reads the guided prompt in the key frames only', () => {
    const texts = (stage: 'keyframes' | 'interpolation'): Int32Array[] =>
      guidanceTexts(text, stage, framesPerSecond, 3, { manifest });
    expect(texts('keyframes')).toEqual([row(102), row(103)]);
    expect(texts('interpolation')).toEqual([row(101), row(103)]);
  });
});

describe('firstFrameText', () => {
  it('has neither duration nor line break, and is cut to the text slots', () => {
    expect(firstFrameText(text, { manifest })).toEqual(new Int32Array(textLength).fill(104));
  });

  it('is absent where the first key frame reads what the others read', () => {
    const bare: TokenizedPrompt = {
      prompt: text.prompt,
      durations: text.durations,
      guidedPrompt: text.guidedPrompt,
      unconditional: text.unconditional,
    };
    expect(firstFrameText(bare, { manifest })).toBeUndefined();
  });
});
