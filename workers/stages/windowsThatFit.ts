/** How many windows are drawn in one batch. */
import type { PipelineContext } from './context';

/** Windows whose caches fit; neighbours share no computation, so any split draws the same clip. */
export function windowsThatFit(
  guidance: number,
  { manifest, cacheBytes }: Pick<PipelineContext, 'manifest' | 'cacheBytes'>,
): number {
  const { layers, heads, headDim } = manifest.architecture;
  const slots = manifest.grid * manifest.grid * 6 + manifest.textLength * 2;
  const branches = guidance === 1 ? 1 : 2;
  const bytes = layers * 2 * heads * headDim * slots * 4 * branches;
  return Math.max(1, Math.floor(cacheBytes / bytes));
}
