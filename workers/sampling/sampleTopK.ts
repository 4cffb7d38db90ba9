/** Drawing one token from logits: the twin of `draw_token` in training/common/random_stream.py. */
import { FlipbookError } from '../../src/shared/errors';

/** Up to this many kept codes, one pass with a short sorted list beats sorting all codes. */
const INSERTION_LIMIT = 128;

/** Reusable memory of the sampler, so that a step allocates nothing. */
export interface SamplerScratch {
  ids: Int32Array;
  weights: Float64Array;
}

export function samplerScratch(codes: number): SamplerScratch {
  return { ids: new Int32Array(codes), weights: new Float64Array(codes) };
}

/**
 * Draws one id: the `topK` best ids in descending order of logit (equal logits: lower id first;
 * 0 keeps all), weights exp((logit - best) / temperature), inverse CDF at `u`.
 *
 * @param temperature 0 or less takes the best id.
 * @param u uniform number in [0, 1).
 */
export function sampleTopK(
  logits: Float64Array,
  temperature: number,
  topK: number,
  u: number,
  scratch: SamplerScratch = samplerScratch(logits.length),
): number {
  const all = topK <= 0 || topK > logits.length;
  const kept = temperature <= 0 ? 1 : all ? logits.length : topK;
  if (kept <= INSERTION_LIMIT) selectByInsertion(logits, kept, scratch.ids);
  else selectBySorting(logits, scratch.ids);
  const { ids, weights } = scratch;
  const best = logits[ids[0]!]!;
  if (!Number.isFinite(best)) throw unusableLogits();
  if (kept === 1) return ids[0]!;
  let sum = 0;
  for (let rank = 0; rank < kept; rank++) {
    sum += Math.exp((logits[ids[rank]!]! - best) / temperature);
    weights[rank] = sum;
  }
  const target = u * sum;
  for (let rank = 0; rank < kept; rank++) if (weights[rank]! > target) return ids[rank]!;
  return ids[kept - 1]!;
}

/** ids[0..kept) = the best ids in order. Equal logits keep ascending ids, as ids are visited so. */
function selectByInsertion(logits: Float64Array, kept: number, ids: Int32Array): void {
  let filled = 0;
  let worst = -Infinity;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id]!;
    if (Number.isNaN(logit)) throw unusableLogits();
    if (filled === kept && logit <= worst) continue;
    let rank = filled < kept ? filled++ : kept - 1;
    while (rank > 0 && logits[ids[rank - 1]!]! < logit) {
      ids[rank] = ids[rank - 1]!;
      rank--;
    }
    ids[rank] = id;
    worst = logits[ids[filled - 1]!]!;
  }
}

function selectBySorting(logits: Float64Array, ids: Int32Array): void {
  for (let id = 0; id < logits.length; id++) {
    if (Number.isNaN(logits[id]!)) throw unusableLogits();
    ids[id] = id;
  }
  ids.sort((a, b) => logits[b]! - logits[a]! || a - b);
}

/** Of logits that hold NaN or have no finite best one. */
export function unusableLogits(): FlipbookError {
  return new FlipbookError(
    'Internal',
    'The model returned values that are not numbers. Generate again; if it repeats, choose the ' +
      'WebAssembly backend with ?backend=wasm.',
  );
}
