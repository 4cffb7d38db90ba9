/** How many windows are drawn in one batch. */
import { maskedRows, maskedTemporalSlots } from '../sampling/maskedVisibility';
import type { ModelManifest } from '../../src/shared/manifest';
import type { PipelineContext } from './context';

interface Fitting extends Pick<PipelineContext, 'cacheBytes'> {
  manifest: Pick<ModelManifest, 'architecture' | 'grid' | 'codes' | 'textLength'>;
}

const FLOAT_BYTES = 4;
/** Most bytes of a pass's attention scores in one layer, and of its logits, for small machines. */
const PASS_BYTES = 64 * 2 ** 20;

/** Windows whose caches fit; neighbours share no computation, so any split draws the same clip. */
export function windowsThatFit(guidance: number, { manifest, cacheBytes }: Fitting): number {
  const slots = manifest.grid * manifest.grid * 6 + manifest.textLength * 2;
  return atLeastOne(cacheBytes / (branchesOf(guidance) * slotBytes(manifest) * slots));
}

/** The same for passes over masked cells, which also hold scores and logits of all their rows. */
export function passWindowsThatFit(guidance: number, { manifest, cacheBytes }: Fitting): number {
  const { grid, codes, textLength, architecture } = manifest;
  const cells = grid * grid;
  const rows = maskedRows(cells);
  const given = maskedTemporalSlots(textLength, cells);
  const scores = architecture.heads * rows * (given + rows) * FLOAT_BYTES;
  const logits = rows * codes * FLOAT_BYTES;
  const caches = slotBytes(manifest) * (textLength + given);
  const windows = Math.min(cacheBytes / caches, PASS_BYTES / Math.max(scores, logits));
  return atLeastOne(windows / branchesOf(guidance));
}

/** Keys and values of one slot, of all layers. */
function slotBytes({ architecture }: Pick<Fitting['manifest'], 'architecture'>): number {
  const { layers, heads, headDim } = architecture;
  return layers * 2 * heads * headDim * FLOAT_BYTES;
}

function branchesOf(guidance: number): number {
  return guidance === 1 ? 1 : 2;
}

function atLeastOne(windows: number): number {
  return Math.max(1, Math.floor(windows));
}
