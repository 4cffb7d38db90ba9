/** What a batch of sequences is, to everything that runs a transformer over one. */
import type { ModelManifest, TemporalWindow } from '../../src/shared/manifest';

/** What a runner must know of its model. */
export type RunnerManifest = Pick<ModelManifest, 'architecture' | 'grid' | 'ids' | 'textLength'>;

/** The sequences of a batch and the shape of their window. */
export interface RunnerBatch {
  /** Text ids of each sequence, at most the manifest's textLength. */
  texts: readonly Int32Array[];
  windows: readonly TemporalWindow[];
  /** Frame slots (0..4) in the order in which frames enter the caches. */
  order: readonly number[];
  /** Ids that open the frames of each sequence, by frame slot (not by order); absent:
   *  beginOfImage opens all. */
  opening?: readonly (readonly number[])[];
  /** Added to the scores of text keys. */
  textBoost: number;
  /** The base channel draws alone, as CogVideo's first frame; needs a graph that can be told so. */
  baseOnly?: boolean;
  /** A given first frame is seen cell by cell, as key frames are drawn. */
  causalPrefill?: boolean;
  /** Known errors of CogVideo's release in its prefill: no seam mask, boost in one channel. */
  asReleased?: boolean;
}
