/** What is measured of a transformer's decode steps, as plain values: browser, Node and Python read it. */
import type { GraphManifest, ModelManifest } from '../../../src/shared/manifest';

export type StepStage = 'keyframes' | 'interpolation';

/** The part of a model's manifest that decode steps need; random models have no more. */
export type StepManifest = Pick<
  ModelManifest,
  | 'architecture'
  | 'grid'
  | 'codes'
  | 'ids'
  | 'textLength'
  | 'keyframeWindows'
  | 'interpolationWindows'
  | 'sampling'
> & { graphs: Record<StepStage, GraphManifest> };

/** One batch to draw with tokens that are given, so that every way computes the same logits. */
export interface StepWork {
  /** For the table: "Key frames", "Round 1". */
  name: string;
  stage: StepStage;
  /** Scale of the guidance; 1: one branch. */
  guidance: number;
  /** Text ids of each sequence; branch b of window w is sequence b * windows + w. */
  texts: number[][];
  /** By window: tokens [cells] of the frames that are given, in cache order. */
  given: number[][][];
  /** By window: tokens [cells] of the frames that are drawn, in order. */
  drawn: number[][][];
  /** Of masked cells: in how many passes the batch is drawn, each of which counts as a step. */
  passes?: number;
  /** Of frames that are drawn in parallel: cells by which they trail one another, and in how many
   *  waves they are drawn, each of which counts as a step. */
  waves?: { lag: number; count: number };
}

/** `app`: as the app decodes. `unrecorded`: the same on WebGPU without graph capture. `peer`: growing
 *  caches that come back from every run. */
export type StepWay = 'app' | 'unrecorded' | 'peer';

export interface StepRequest {
  manifest: StepManifest;
  works: StepWork[];
  way: StepWay;
  /** Most steps of each work; all where it is left out. */
  steps?: number;
}

/** Tokens of all windows that a step draws; on average, where it is a pass or a wave. */
export function stepTokens({ drawn, passes, waves }: StepWork): number {
  const steps = passes ?? waves?.count;
  return steps === undefined ? drawn.length : drawn.flat(2).length / steps;
}

/** One work, measured. */
export interface MeasuredSteps {
  prefillMilliseconds: number;
  /** Of every step: inputs, run, caches, guidance and sampling. */
  stepMilliseconds: number[];
  /** The first logits of each sequence in the last step, by which ways are compared. */
  probe: number[];
}

/** What matrix products reach on this machine, in the same runtime with as many threads. */
export interface Roofline {
  /** Multiplications and additions per second, of large matrices. */
  operationsPerSecond: number;
  /** Bytes per second of weights that one row is multiplied with. */
  bytesPerSecond: number;
}

/** Files beside the graphs by which the roofline is measured. */
export const ROOFLINE_FILES = { operations: 'operations.onnx', bytes: 'bytes.onnx' } as const;
/** Rows, and inner and outer width of the large matrices; how many products a run chains. */
export const OPERATIONS_SHAPE = { rows: 256, width: 1024, products: 4 } as const;
/** Inner width of the matrix that one row is multiplied with. */
export const BYTES_WIDTH = 1024;

/** File of a stage's graph, and of the same graph with whole caches as outputs. */
export function graphFile(stage: StepStage, way: StepWay): string {
  return way === 'peer' ? `${stage}.peer.onnx` : `${stage}.onnx`;
}
