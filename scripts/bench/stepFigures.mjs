/** Figures of measured steps. */
import { median } from './median.mjs';

/**
 * @typedef {import('./steps/stepTypes').MeasuredSteps} MeasuredSteps
 *
 * @typedef {object} StepFigures
 * @property {number} median milliseconds of a step
 * @property {number} p95 milliseconds that 95 % of the steps keep
 * @property {number} tokensPerSecond over all steps
 * @property {number} prefillMilliseconds
 * @property {number} steps
 */

/**
 * @param {MeasuredSteps} measured
 * @param {number} tokens of a step
 * @returns {StepFigures}
 */
export function stepFigures({ stepMilliseconds, prefillMilliseconds }, tokens) {
  const total = stepMilliseconds.reduce((sum, time) => sum + time, 0);
  return {
    median: median(stepMilliseconds),
    p95: percentile(stepMilliseconds, 0.95),
    tokensPerSecond: (1000 * tokens * stepMilliseconds.length) / total,
    prefillMilliseconds,
    steps: stepMilliseconds.length,
  };
}

/**
 * The smallest value that is not exceeded by that share of the values.
 *
 * @param {number[]} values at least one
 * @param {number} share 0..1
 */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/**
 * Largest difference of the logits that two ways computed from the same tokens.
 *
 * @param {MeasuredSteps} one
 * @param {MeasuredSteps} other
 */
export function logitDifference(one, other) {
  if (one.probe.length !== other.probe.length || one.probe.length === 0) return Infinity;
  const differences = one.probe.map((value, index) =>
    Math.abs(value - (other.probe[index] ?? NaN)),
  );
  return differences.some(Number.isNaN) ? Infinity : Math.max(...differences);
}
