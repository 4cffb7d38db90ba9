/**
 * Super-resolution of tokens (CogView2's "dsr"): an upscaler that reads a frame's tokens and the
 * bare prompt, draws finer tokens and decodes those. Its graphs are shards of the one upscaler.
 */
import type { Tensor } from 'onnxruntime-common';
import type { ModelManifest } from '../../src/shared/manifest';
import { streamKey, uniform } from '../sampling/randomStream';
import type { OnnxGraph } from './onnxGraph';

/** Second part of the key, in the place of a round's number: `SUPER_RESOLUTION` of the Python twin. */
const SUPER_RESOLUTION_STREAM = 1000;

/** What enlarging reads beside a frame's tokens. */
export interface Enlarging {
  /** Ids of the bare prompt: no duration, no line break. */
  prompt: Int32Array;
  seed: number;
}

/** Whether an upscaler enlarges tokens; others enlarge decoded frames. */
export function enlargesTokens({ inputs }: Pick<OnnxGraph, 'inputs'>): boolean {
  return inputs.has('tokens');
}

/**
 * Planes [1, 3, side, side] in 0..1 of a finished frame's tokens [cells].
 *
 * Every frame draws with the same numbers, so that cells which look alike in neighbouring frames
 * get the same fine tokens: frames are enlarged apart, and numbers of their own would flicker.
 */
export async function enlargeTokens(
  tokens: Int32Array,
  { prompt, seed }: Enlarging,
  upscaler: OnnxGraph,
  manifest: Pick<ModelManifest, 'grid' | 'pixels' | 'upscaledPixels' | 'textLength'>,
): Promise<Tensor | undefined> {
  const { Tensor } = upscaler.runtime.ort;
  const { grid, pixels, upscaledPixels = pixels } = manifest;
  const text = prompt.slice(0, manifest.textLength);
  const fineCells = ((grid * upscaledPixels) / pixels) ** 2;
  const numbers = uniformNumbers(streamKey(seed, SUPER_RESOLUTION_STREAM), fineCells);
  const { upscaled } = await upscaler.run({
    text: new Tensor('int32', text, [1, text.length]),
    tokens: new Tensor('int32', tokens, [1, grid, grid]),
    uniforms: new Tensor('float32', numbers, [1, fineCells]),
  });
  return upscaled;
}

/** The stream's first numbers in float32, below 1 after rounding too. */
function uniformNumbers(key: number, count: number): Float32Array {
  const below = 1 - 2 ** -24;
  return Float32Array.from({ length: count }, (_, index) => Math.min(uniform(key, index), below));
}
