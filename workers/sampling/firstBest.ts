/** Index of the highest score, of equal ones the first. NaN is never higher than anything. */
export function firstBest(scores: ArrayLike<number>): number {
  let best = 0;
  for (let index = 1; index < scores.length; index++) {
    if (scores[index]! > scores[best]! || Number.isNaN(scores[best]!)) best = index;
  }
  return best;
}
