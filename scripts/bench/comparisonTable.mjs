/** Decode steps side by side, as Markdown tables. */
import { markdownTable } from './markdownTable.mjs';

/**
 * @typedef {import('./compareSteps.mjs').StepComparison} StepComparison
 * @typedef {import('./compareSteps.mjs').StepRow} StepRow
 * @typedef {import('./compareSteps.mjs').ComparedWay} ComparedWay
 */

const HEAD = [
  'step',
  'batch',
  'threads',
  'app, WASM: median',
  'p95',
  'tokens/s',
  'native onnxruntime',
  'app / native speed',
  'torch',
  "peer's way, WASM",
  "app / peer's speed",
  'floor: operations',
  'floor: bytes',
  'app / higher floor',
];
const NONE = '-';

/**
 * One row for every work and number of threads. Ratios of speeds are above 1 where the app is
 * faster; the last column says how many times the higher floor a step takes.
 *
 * @param {StepComparison} comparison
 * @returns {string}
 */
export function comparisonTable({ rows }) {
  return markdownTable([HEAD, ...rows.map(cells)]);
}

/** @param {StepRow} row */
function cells({ work, threads, sequences, figures, floors }) {
  const { wasm } = figures;
  const time = (/** @type {ComparedWay} */ way) => milliseconds(figures[way]?.median);
  const speed = (/** @type {ComparedWay} */ way) => ratio(figures[way]?.median, wasm?.median);
  return [
    work,
    String(sequences),
    String(threads),
    milliseconds(wasm?.median),
    milliseconds(wasm?.p95),
    wasm ? wasm.tokensPerSecond.toFixed(0) : NONE,
    time('native'),
    speed('native'),
    time('torch'),
    time('peer'),
    speed('peer'),
    milliseconds(floors?.operations),
    milliseconds(floors?.bytes),
    ratio(wasm?.median, floors ? Math.max(floors.operations, floors.bytes) : undefined),
  ];
}

/** @param {number | undefined} time in milliseconds */
function milliseconds(time) {
  return time === undefined ? NONE : `${time.toFixed(2)} ms`;
}

/**
 * @param {number | undefined} over
 * @param {number | undefined} under
 */
function ratio(over, under) {
  return over === undefined || under === undefined ? NONE : (over / under).toFixed(2);
}

/**
 * What the machine reached in large matrix products, and in one row times the model's bytes.
 *
 * @param {StepComparison} comparison
 * @returns {string}
 */
export function rooflineLines({ rooflines }) {
  const gigas = (/** @type {number} */ value) => (value / 1e9).toFixed(1);
  return rooflines
    .flatMap(({ threads, wasm, native }) =>
      [
        { name: 'WASM', roofline: wasm },
        { name: 'native', roofline: native },
      ].flatMap(({ name, roofline }) =>
        roofline === null
          ? []
          : `Roofline, ${name}, ${threads} thread(s): ${gigas(roofline.operationsPerSecond)} ` +
            `billion operations/s, ${gigas(roofline.bytesPerSecond)} GB/s of weights`,
      ),
    )
    .join('\n');
}
