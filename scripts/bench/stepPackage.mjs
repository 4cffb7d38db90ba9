/** A folder with everything that the measurement of decode steps reads, made from a model package. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { matrixValues } from './matrixValues.mjs';
import { peerGraph } from './peerGraph.mjs';
import { bytesGraph, operationsGraph } from './rooflineGraphs.mjs';

/**
 * @typedef {import('./steps/stepTypes').StepManifest} StepManifest
 * @typedef {import('./steps/stepTypes').StepStage} StepStage
 *
 * @typedef {object} StepPackage
 * @property {string} folder
 * @property {StepManifest} manifest
 * @property {Record<StepStage, number>} matrixValues numbers with which a step multiplies
 * @property {number} weightBytes of the larger stage, as float32: size of the roofline's matrix
 */

/** @type {StepStage[]} */
const STAGES = ['keyframes', 'interpolation'];
const FLOAT_BYTES = 4;

/**
 * @param {string} source folder of a model package, or of random graphs
 * @param {string} folder made where it is missing, and written
 * @param {typeof import('./steps/stepTypes')} types
 * @returns {StepPackage}
 */
export function writeStepPackage(source, folder, types) {
  const manifest = readManifest(source);
  mkdirSync(folder, { recursive: true });
  const values = STAGES.map((stage) => {
    const bytes = graphBytes(source, manifest, stage);
    writeFileSync(join(folder, types.graphFile(stage, 'app')), bytes);
    writeFileSync(join(folder, types.graphFile(stage, 'peer')), peerGraph(bytes));
    return /** @type {const} */ ([stage, matrixValues(bytes)]);
  });
  const columns = Math.ceil(Math.max(...values.map(([, count]) => count)) / types.BYTES_WIDTH);
  const weightBytes = columns * types.BYTES_WIDTH * FLOAT_BYTES;
  const { operations, bytes } = types.ROOFLINE_FILES;
  writeFileSync(join(folder, operations), operationsGraph(types.OPERATIONS_SHAPE));
  writeFileSync(join(folder, bytes), bytesGraph(types.BYTES_WIDTH, columns));
  const matrices = /** @type {Record<StepStage, number>} */ (Object.fromEntries(values));
  return { folder, manifest, matrixValues: matrices, weightBytes };
}

/**
 * @param {string} source
 * @returns {StepManifest}
 */
function readManifest(source) {
  const path = join(source, 'manifest.json');
  if (!existsSync(path))
    throw new Error(`There is no ${path}: name the folder of a model package.`);
  /** @type {StepManifest} */
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  return manifest;
}

/**
 * The graph with the weights that it shares. Throws for a stage of several files.
 *
 * @param {string} source
 * @param {StepManifest} manifest
 * @param {StepStage} stage
 */
function graphBytes(source, manifest, stage) {
  const { files, weights = [] } = manifest.graphs[stage];
  if (files.length !== 1) {
    throw new Error(
      `${stage} is split over ${files.length} files; steps are compared on packages of one file a stage.`,
    );
  }
  return Buffer.concat([...files, ...weights].map(({ path }) => readFileSync(join(source, path))));
}
