/** Classifier-free guidance: the two branches of a batch become one row of logits each. */

/**
 * logits = unconditional + scale * (conditional - unconditional), in float64.
 *
 * @param logits [2 * sequences, codes] with all conditional rows first, or [sequences, codes] when
 *   `scale` is 1 and only the conditional branch was run.
 * @param row sequence whose mixed logits are wanted.
 * @param mixed [codes], overwritten.
 * @param floor codes whose conditional probability is below this share (0..1) of the likeliest
 *   one's are never drawn: guidance also enlarges the noise of codes that neither branch wants
 *   (the plausibility constraint of contrastive decoding, arXiv 2210.15097). 0 = off.
 */
export function mixGuidance(
  logits: Float32Array,
  sequences: number,
  row: number,
  scale: number,
  mixed: Float64Array,
  floor = 0,
): Float64Array {
  const codes = mixed.length;
  const conditional = row * codes;
  const unconditional = (sequences + row) * codes;
  if (scale === 1) {
    for (let code = 0; code < codes; code++) mixed[code] = logits[conditional + code]!;
    return mixed;
  }
  const least = floor > 0 ? largest(logits, conditional, codes) + Math.log(floor) : -Infinity;
  for (let code = 0; code < codes; code++) {
    const without = logits[unconditional + code]!;
    const withText = logits[conditional + code]!;
    mixed[code] = withText < least ? -Infinity : without + scale * (withText - without);
  }
  return mixed;
}

/**
 * Mixed logits row by row, where a run gave those of several rows of each sequence; the array is used
 * again by the next call.
 *
 * @param logits [branches * windows, rows, codes].
 */
export function mixedRows(
  logits: Float32Array,
  { windows, rows, codes }: { windows: number; rows: number; codes: number },
  scale: number,
  floor?: number,
): (window: number) => (row: number) => Float64Array {
  const mixed = new Float64Array(codes);
  return (window) => (row) =>
    mixGuidance(logits, windows * rows, window * rows + row, scale, mixed, floor);
}

function largest(logits: Float32Array, first: number, codes: number): number {
  let most = -Infinity;
  for (let code = first; code < first + codes; code++) most = Math.max(most, logits[code]!);
  return most;
}
