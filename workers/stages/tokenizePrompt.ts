/** The prompt and the duration texts as text ids. */
import { knownPrompt } from '../../src/shared/knownPrompt';
import type { RateManifest } from '../../src/shared/manifest';
import { nearestRate } from '../sampling/schedule';
import type { OnnxGraph } from '../runtime/onnxGraph';
import type { Marked, PipelineContext } from './context';
import { stageTexts } from './promptTexts';

interface PromptIds {
  prompt: Int32Array;
  /** By duration text. */
  durations: ReadonlyMap<string, Int32Array>;
  /** The prompt of the key frames under guidance. */
  guidedPrompt: Int32Array;
  /** In the prompt's place in the unconditional text. */
  unconditional: Int32Array;
  /** What the first key frame reads alone; absent where it reads what the others read. */
  firstFrame?: Int32Array;
}

export type TokenizedPrompt = Marked<PromptIds, 'tokenized prompt'>;
/** The two stages that read the prompt. */
export type TextStage = 'keyframes' | 'interpolation';

/**
 * Encodes the prompt, as far as the model knows its words, and every duration text apart: pieces
 * never span the line break.
 */
export async function tokenizePrompt(
  prompt: string,
  { manifest, graphs }: Pick<PipelineContext, 'manifest' | 'graphs'>,
): Promise<TokenizedPrompt> {
  const encoded = new Map<string, Int32Array>();
  const encode = async (text: string): Promise<Int32Array> => {
    const ids = encoded.get(text);
    if (ids) return ids;
    const found = await encodeText(text, graphs.tokenizer, manifest.maxCodePoints);
    encoded.set(text, found);
    return found;
  };
  const durations = new Map<string, Int32Array>();
  for (const { durationText } of manifest.rates) {
    durations.set(durationText, await encode(durationText));
  }
  const texts = stageTexts(knownPrompt(prompt, manifest.knownWords), manifest.promptTexts);
  return {
    prompt: await encode(texts.prompt),
    durations,
    guidedPrompt: await encode(texts.guidedPrompt),
    unconditional: await encode(texts.unconditional),
    ...(texts.firstFrame === undefined ? {} : { firstFrame: await encode(texts.firstFrame) }),
  };
}

async function encodeText(
  text: string,
  tokenizer: OnnxGraph,
  maxCodePoints: number,
): Promise<Int32Array> {
  const codePoints = Array.from(text, (character) => character.codePointAt(0)!);
  if (codePoints.length === 0) return new Int32Array(0);
  // Far more characters than text slots, so nothing that the model would read is cut off.
  const input = Int32Array.from(codePoints.slice(0, maxCodePoints));
  const { Tensor } = tokenizer.runtime.ort;
  const results = await tokenizer.run({ code_points: new Tensor('int32', input, [input.length]) });
  return results['ids']!.data as Int32Array;
}

/**
 * Text of a window at `framesPerSecond`: duration, line break, bare prompt, cut to the text slots.
 * Without the prompt it is the unconditional text of guidance.
 */
export function windowText(
  text: TokenizedPrompt,
  framesPerSecond: number,
  branch: 'conditional' | 'unconditional',
  context: Pick<PipelineContext, 'manifest'>,
): Int32Array {
  const prompt = branch === 'conditional' ? text.prompt : text.unconditional;
  return joinedText(text, framesPerSecond, prompt, context);
}

function joinedText(
  text: TokenizedPrompt,
  framesPerSecond: number,
  prompt: Int32Array,
  { manifest }: Pick<PipelineContext, 'manifest'>,
): Int32Array {
  const rate: RateManifest = nearestRate(manifest, framesPerSecond);
  const duration = text.durations.get(rate.durationText) ?? [];
  const ids = [...duration, manifest.ids.lineBreak, ...prompt];
  return Int32Array.from(ids.slice(0, manifest.textLength));
}

/** What the first key frame reads, cut to the text slots, where it reads a text of its own. */
export function firstFrameText(
  { firstFrame }: TokenizedPrompt,
  { manifest }: Pick<PipelineContext, 'manifest'>,
): Int32Array | undefined {
  return firstFrame?.slice(0, manifest.textLength);
}

/** Guidance branches of a stage, the conditional one first; one branch when guidance is off. */
export function guidanceTexts(
  text: TokenizedPrompt,
  stage: TextStage,
  framesPerSecond: number,
  guidance: number,
  context: Pick<PipelineContext, 'manifest'>,
): Int32Array[] {
  if (guidance === 1) return [windowText(text, framesPerSecond, 'conditional', context)];
  const prompt = stage === 'keyframes' ? text.guidedPrompt : text.prompt;
  return [
    joinedText(text, framesPerSecond, prompt, context),
    windowText(text, framesPerSecond, 'unconditional', context),
  ];
}
