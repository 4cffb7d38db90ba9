/** The prompt and the duration texts as text ids. */
import { knownPrompt } from '../../src/shared/knownPrompt';
import type { RateManifest } from '../../src/shared/manifest';
import { nearestRate } from '../sampling/schedule';
import type { OnnxGraph } from '../runtime/onnxGraph';
import type { Marked, PipelineContext } from './context';

interface PromptIds {
  prompt: Int32Array;
  /** By duration text. */
  durations: ReadonlyMap<string, Int32Array>;
}

export type TokenizedPrompt = Marked<PromptIds, 'tokenized prompt'>;

/**
 * Encodes the prompt, as far as the model knows its words, and every duration text apart: pieces
 * never span the line break.
 */
export async function tokenizePrompt(
  prompt: string,
  { manifest, graphs }: Pick<PipelineContext, 'manifest' | 'graphs'>,
): Promise<TokenizedPrompt> {
  const encode = (text: string): Promise<Int32Array> =>
    encodeText(text, graphs.tokenizer, manifest.maxCodePoints);
  const durations = new Map<string, Int32Array>();
  for (const { durationText } of manifest.rates) {
    if (!durations.has(durationText)) durations.set(durationText, await encode(durationText));
  }
  return { prompt: await encode(knownPrompt(prompt, manifest.knownWords)), durations };
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
 * Text of a window at `framesPerSecond`: duration, line break, prompt, cut to the text slots.
 * Without the prompt it is the unconditional text of guidance.
 */
export function windowText(
  text: TokenizedPrompt,
  framesPerSecond: number,
  branch: 'conditional' | 'unconditional',
  { manifest }: Pick<PipelineContext, 'manifest'>,
): Int32Array {
  const rate: RateManifest = nearestRate(manifest, framesPerSecond);
  const duration = text.durations.get(rate.durationText) ?? [];
  const prompt = branch === 'conditional' ? text.prompt : [];
  const ids = [...duration, manifest.ids.lineBreak, ...prompt];
  return Int32Array.from(ids.slice(0, manifest.textLength));
}

/** Guidance branches of a stage, the conditional one first; one branch when guidance is off. */
export function guidanceTexts(
  text: TokenizedPrompt,
  framesPerSecond: number,
  guidance: number,
  context: Pick<PipelineContext, 'manifest'>,
): Int32Array[] {
  const conditional = windowText(text, framesPerSecond, 'conditional', context);
  if (guidance === 1) return [conditional];
  return [conditional, windowText(text, framesPerSecond, 'unconditional', context)];
}
