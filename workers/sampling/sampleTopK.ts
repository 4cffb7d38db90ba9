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
  const kept = temperature <= 0 ? 1 : keptCodes(topK, logits.length);
  selectBest(logits, kept, scratch.ids);
  return scratch.ids[kept === 1 ? 0 : drawRank(logits, kept, temperature, u, scratch)]!;
}

/** How many codes a top-k leaves; 0 and more than there are keep all. */
export function keptCodes(topK: number, codes: number): number {
  return topK <= 0 || topK > codes ? codes : topK;
}

/** ids[0..kept) = the best ids in descending order of logit, of equal logits the lower id first. */
export function selectBest(logits: Float64Array, kept: number, ids: Int32Array): void {
  if (kept <= INSERTION_LIMIT) selectByInsertion(logits, kept, ids);
  else selectBySorting(logits, ids);
  if (!Number.isFinite(logits[ids[0]!]!)) throw unusableLogits();
}

/** Rank of the drawn one among the `kept` ids that `selectBest` left in `scratch.ids`.
 *  @param temperature above 0. */
export function drawRank(
  logits: Float64Array,
  kept: number,
  temperature: number,
  u: number,
  { ids, weights }: SamplerScratch,
): number {
  const best = logits[ids[0]!]!;
  let sum = 0;
  for (let rank = 0; rank < kept; rank++) {
    sum += Math.exp((logits[ids[rank]!]! - best) / temperature);
    weights[rank] = sum;
  }
  const target = u * sum;
  for (let rank = 0; rank < kept; rank++) if (weights[rank]! > target) return rank;
  return kept - 1;
}

/** Equal logits keep ascending ids, as ids are visited so. */
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
