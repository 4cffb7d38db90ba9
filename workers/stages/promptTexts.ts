/** What is encoded for a prompt, stage by stage, as the manifest's `promptTexts` say. */
import type { PromptTexts } from '../../src/shared/manifest';

/** Texts that are encoded apart, each with its own word mark; "" is not encoded at all. */
export interface StageTexts {
  /** The bare prompt: interpolation, and everything without guidance. */
  prompt: string;
  /** The prompt of the key frames under guidance. */
  guidedPrompt: string;
  /** In the prompt's place without it. */
  unconditional: string;
  /** What the first key frame reads alone; undefined where it reads what the others read. */
  firstFrame: string | undefined;
}

export function stageTexts(prompt: string, texts: PromptTexts | undefined): StageTexts {
  if (!texts) return { prompt, guidedPrompt: prompt, unconditional: '', firstFrame: undefined };
  return {
    prompt,
    guidedPrompt: prompt + texts.guidedSuffix,
    unconditional: texts.unconditional,
    firstFrame: prompt + texts.firstFrameSuffix,
  };
}
