/** What the shaders of drawCode.wgsl.ts are told of the drawing. */
import type { CodeSampling } from '../sampling/codeSampler';
import { keptCodes } from '../sampling/sampleTopK';

/** Rows of logits and how a code of each is drawn. */
export interface CodeDrawing extends CodeSampling {
  /** Of one guidance branch; row r of branch b is row b * rows + r of the logits. */
  rows: number;
  codes: number;
  /** Scale of the guidance; 1: the conditional branch alone is read. */
  guidance: number;
  /** As for `mixGuidance`; 0 = off. */
  floor: number;
}

/** Scratch of a row: a key and a weight of each code. */
export const CANDIDATE_BYTES = 8;

/** The largest float32 number below 1. */
const BELOW_ONE = 1 - 2 ** -24;

/** The shaders' struct Settings. */
export function drawingSettings(drawing: CodeDrawing): ArrayBuffer {
  const { rows, codes, guidance, floor, temperature, topK } = drawing;
  const integers = Uint32Array.of(rows, codes, keptCodes(topK, codes));
  const settings = new Uint32Array(8);
  settings.set(integers);
  new Float32Array(settings.buffer).set([guidance, floor, temperature], integers.length);
  return settings.buffer;
}

/** A number in [0, 1), such that rounding to float32 leaves it below 1. */
export function belowOne(u: number): number {
  return Math.min(u, BELOW_ONE);
}
