/** How many windows are drawn in one batch. */
import { maskedRows, maskedTemporalSlots } from '../sampling/maskedVisibility';
import { WINDOW_FRAMES } from '../sampling/schedule';
import { waveSpatialSlots, waveTemporalSlots } from '../sampling/waveVisibility';
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
export function passWindowsThatFit(guidance: number, fitting: Fitting): number {
  const { textLength, grid } = fitting.manifest;
  const rows = maskedRows(grid * grid);
  const given = maskedTemporalSlots(textLength, grid * grid);
  const pass = { rows, columns: given + rows, slots: textLength + given };
  return passesThatFit(pass, guidance, fitting);
}

/** The same for candidates of key frames that are drawn in passes, at the last frame. */
export function passCandidatesThatFit(guidance: number, fitting: Fitting): number {
  const { textLength, grid } = fitting.manifest;
  const rows = grid * grid;
  const finished = (frames: number): number => maskedTemporalSlots(textLength, rows, frames);
  const [before, last] = [finished(WINDOW_FRAMES - 2), finished(WINDOW_FRAMES - 1)];
  // While caches grow there are those of before, too, and the rows that are added.
  const pass = { rows, columns: last + rows, slots: textLength + before + rows + last };
  return passesThatFit(pass, guidance, fitting);
}

/** The same for candidates of key frames that are drawn in parallel. */
export function waveCandidatesThatFit(guidance: number, fitting: Fitting): number {
  const { manifest, cacheBytes } = fitting;
  const { textLength, grid } = manifest;
  const window = { given: 0, frames: WINDOW_FRAMES };
  const spatial = waveSpatialSlots(textLength, grid * grid, window);
  const temporal = waveTemporalSlots(textLength, grid * grid, window);
  const slots = spatial + temporal;
  return atLeastOne(cacheBytes / (branchesOf(guidance) * slotBytes(manifest) * slots));
}

/** Of one sequence. */
interface PassShape {
  rows: number;
  /** Of the temporal channel. */
  columns: number;
  /** Cached, of both channels together. */
  slots: number;
}

function passesThatFit(
  { rows, columns, slots }: PassShape,
  guidance: number,
  { manifest, cacheBytes }: Fitting,
): number {
  const scores = manifest.architecture.heads * rows * columns * FLOAT_BYTES;
  const logits = rows * manifest.codes * FLOAT_BYTES;
  const sequences = Math.min(
    cacheBytes / (slotBytes(manifest) * slots),
    PASS_BYTES / Math.max(scores, logits),
  );
  return atLeastOne(sequences / branchesOf(guidance));
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
