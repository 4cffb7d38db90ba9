/** Classifier-free guidance: the two branches of a batch become one row of logits each. */

/**
 * logits = unconditional + scale * (conditional - unconditional), in float64.
 *
 * @param logits [2 * sequences, codes] with all conditional rows first, or [sequences, codes] when
 *   `scale` is 1 and only the conditional branch was run.
 * @param row sequence whose mixed logits are wanted.
 * @param mixed [codes], overwritten.
 */
export function mixGuidance(
  logits: Float32Array,
  sequences: number,
  row: number,
  scale: number,
  mixed: Float64Array,
): Float64Array {
  const codes = mixed.length;
  const conditional = row * codes;
  const unconditional = (sequences + row) * codes;
  if (scale === 1) {
    for (let code = 0; code < codes; code++) mixed[code] = logits[conditional + code]!;
    return mixed;
  }
  for (let code = 0; code < codes; code++) {
    const without = logits[unconditional + code]!;
    mixed[code] = without + scale * (logits[conditional + code]! - without);
  }
  return mixed;
}
