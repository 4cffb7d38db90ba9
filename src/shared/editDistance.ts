/**
 * Optimal string alignment distance: insertions, deletions, substitutions and swaps of two
 * neighbours, each counted once (Damerau 1964, without edits of a swapped pair). Works on lists of
 * characters, so that rare Han characters count as one.
 */
export function editDistance(from: readonly string[], to: readonly string[]): number {
  const rows = Array.from({ length: from.length + 1 }, (_, i) => [i]);
  rows[0] = Array.from({ length: to.length + 1 }, (_, j) => j);
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= from.length; i++) {
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      rows[i]![j] = Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + same,
        swapped ? at(i - 2, j - 2) + 1 : Infinity,
      );
    }
  }
  return at(from.length, to.length);
}
