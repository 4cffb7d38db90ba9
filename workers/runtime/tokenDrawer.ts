/** Drawing frames in all windows of a batch, cell by cell: what the stages see of it. */
import type { ModelManifest } from '../../src/shared/manifest';
import type { CodeSampling } from '../sampling/codeSampler';
import type { TransformerRunner } from './transformerRunner';

/** The windows that are drawn together. Branch b of window w is sequence b * windows + w. */
export interface DrawnWindows {
  runner: TransformerRunner;
  /** Key of each window's random stream. */
  streams: readonly number[];
  guidance: number;
  sampling: CodeSampling;
}

/** What drawing needs to know of the package. */
export interface DrawingModel {
  manifest: Pick<ModelManifest, 'grid' | 'codes' | 'ids' | 'sampling'>;
  /** Cluster of each code [codes], in packages that draw by clusters. */
  clusters?: Int32Array | undefined;
}

/** One frame in every window. */
export interface FrameToDraw {
  /** How many frames of the window came before. */
  order: number;
  /** Index of the frame's first uniform number in each window's stream. */
  firstIndex: number;
  /** Tokens [cells] of each window, filled in while they are drawn. */
  tokens: readonly Int32Array[];
  /** Up to two frames whose token of the same cell is the cell's hint, by window. */
  hintFrames: readonly (readonly Int32Array[])[];
  /** Whether tokens are wanted before the frame is finished. */
  shown: boolean;
}

/** All guidance branches of a window get the same tokens. */
export interface TokenDrawer {
  /** A frame begins, behind a finished one or an abandoned one. */
  begin(frame: FrameToDraw): void;
  /**
   * Draws the next cell of every window.
   *
   * @param cell from 0 on, one after the other.
   * @returns how many cells of the frame are known to be finished: all of them after the last one.
   *   Their tokens are in `frame.tokens`, where the frame is shown or all are finished.
   */
  draw(cell: number): Promise<number>;
  dispose(): void;
}
