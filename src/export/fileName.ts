import type { ExportInfo } from './types';

/** Characters of the prompt in a name; file systems allow 255 bytes, three per Chinese character. */
const MAX_PROMPT_CHARACTERS = 60;

/** Names the file after its prompt and seed: "a-lion-drinks-42.mp4", "狮子在湖边喝水-42.mp4". */
export function fileName({ prompt, parameters }: ExportInfo, extension: string): string {
  const words = prompt
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-');
  const start = [...words].slice(0, MAX_PROMPT_CHARACTERS).join('');
  const name = start.replace(/^-+|-+$/g, '') || 'clip';
  const { seed } = parameters;
  return seed === undefined ? `${name}.${extension}` : `${name}-${seed}.${extension}`;
}
