/** Standard normal quantile of a two-sided 95 % interval. */
const Z = 1.959964;

/**
 * Wilson's score interval of a share, 95 % (Wilson 1927): stays within 0..1 and holds its level for
 * few trials, where the usual plus-minus does not. No trials: 0 to 1.
 */
export function wilsonInterval(successes: number, trials: number): { low: number; high: number } {
  if (trials === 0) return { low: 0, high: 1 };
  const share = successes / trials;
  const z2 = Z ** 2 / trials;
  const centre = (share + z2 / 2) / (1 + z2);
  const half = (Z / (1 + z2)) * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials));
  // The ends are exactly 0 and 1 there; rounding would leave a trace.
  return {
    low: successes === 0 ? 0 : centre - half,
    high: successes === trials ? 1 : centre + half,
  };
}
