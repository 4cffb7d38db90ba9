/** Jobs of the pipeline tests, and the golden clip that they are compared with. */
import { readFileSync } from 'node:fs';
import type { GenerationOptions } from '../../src/shared/options';

interface GoldenClip {
  name: string;
  prompt: string;
  seed: number;
  guidance: number;
  temperature: number;
  topK: number;
  keyRate: number;
  keyFrames: number[][];
  rounds: number[][][];
}

const GOLDEN = new URL('../parity/golden/clips.json', import.meta.url);

const { clips } = JSON.parse(readFileSync(GOLDEN, 'utf8')) as { clips: GoldenClip[] };

export function goldenClip(name: string): GoldenClip {
  const clip = clips.find((candidate) => candidate.name === name);
  if (!clip) throw new Error(`golden/clips.json has no clip ${name}.`);
  return clip;
}

/** The options that draw a golden clip. Greedy ones keep one code, which needs no temperature. */
export function optionsOf(clip: GoldenClip, rounds: number): GenerationOptions {
  const { prompt, seed, guidance, keyRate } = clip;
  const greedy = clip.temperature === 0;
  const topK = greedy ? 1 : clip.topK;
  return {
    prompt,
    seed,
    guidance,
    keyRate,
    topK,
    rounds,
    candidates: 1,
    parallel: false,
    temperature: greedy ? 1 : clip.temperature,
  };
}
