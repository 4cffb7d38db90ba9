/** What every stage gets beside its input. */
import type { ModelManifest } from '../../src/shared/manifest';
import type { GenerationOptions } from '../../src/shared/options';
import type { Progress } from '../../src/shared/protocol';
import type { ModelGraphs } from '../runtime/modelGraphs';
import type { StagePasses } from '../runtime/passesOn';
import type { JobMeter } from './jobMeter';

export interface PipelineContext {
  manifest: ModelManifest;
  graphs: ModelGraphs;
  /** Cluster of each code [codes], in packages that draw by clusters. */
  clusters?: Int32Array;
  /** Already checked. */
  options: GenerationOptions;
  /** Key frame rate of this job, frames per second. */
  keyRate: number;
  signal: AbortSignal;
  report: (progress: Progress) => void;
  /** Lets waiting messages in, so that a cancel is heard between two steps. */
  breathe: () => Promise<void>;
  meter: JobMeter;
  /** In how many each stage draws masked cells. */
  passes: StagePasses;
  /** Cells by which key frames trail one another when they are drawn in parallel; 0: they are drawn
   *  one after the other. */
  keyFrameLag: number;
  /** Most bytes of caches that one batch of windows may hold; more windows take turns. */
  cacheBytes: number;
}

/** For `cacheBytes`: fits beside weights and page in a tab, on a small machine too. */
export const CACHE_BYTES = 512 * 2 ** 20;

/** Clip tokens and prompt ids carry marks, so that stages cannot be wired in the wrong order. */
declare const mark: unique symbol;
export type Marked<Value, Mark extends string> = Value & { readonly [mark]?: Mark };

/** A frame on its way to the screen. */
export interface DrawnFrame {
  slot: number;
  round: number;
  /** Tokens [cells]; some stand in for cells that are not drawn yet. */
  tokens: Int32Array;
  /** How many cells are drawn: all of a finished frame and of no other. */
  drawnCells: number;
  /** Cells from this one on are shown grey, since nothing stands in for them; none: all cells. */
  greyFrom: number;
}

/** Tokens of the frames that exist, by clip slot. */
export type FrameTokens = ReadonlyMap<number, Int32Array>;
export type KeyFrames = Marked<FrameTokens, 'key frames'>;
export type ClipFrames = Marked<FrameTokens, 'clip frames'>;
