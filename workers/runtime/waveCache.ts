/**
 * Keys and values of frames that are drawn in parallel, of all layers: text and drawn frames in the
 * spatial channel, text and all frames in the temporal one. Not parted into regions, since the cells
 * of a wave lie in several of them: every cell has its place, and the biases hide the others.
 */
import type { ArchitectureManifest } from '../../src/shared/manifest';
import { IDLE } from '../sampling/wavefront';
import type { Wave, WindowFrames } from '../sampling/wavefront';
import { waveSpatialSlots, waveTemporalSlots } from '../sampling/waveVisibility';
import type { CacheBlock, CacheMemory, RowRun } from './cacheMemory';
import { freeResults } from './freeResults';
import type { Feeds, Results } from './ortRuntime';

export interface WaveCacheShape {
  architecture: Pick<ArchitectureManifest, 'layers' | 'heads' | 'headDim'>;
  /** Sequences of the batch: windows times guidance branches. */
  sequences: number;
  textSlots: number;
  /** Of a frame. */
  cells: number;
  window: WindowFrames;
}

/** One cache of a layer. */
interface WaveBlock {
  name: string;
  block: CacheBlock;
  /** Frames that it has no place for: the given ones in the spatial channel. */
  without: number;
}

export class WaveCache {
  readonly #blocks: WaveBlock[];

  constructor(
    private readonly memory: CacheMemory,
    private readonly shape: WaveCacheShape,
  ) {
    const { architecture, sequences, textSlots, cells, window } = shape;
    const { layers, heads, headDim } = architecture;
    const channels = [
      ['spatial', waveSpatialSlots(textSlots, cells, window), window.given],
      ['temporal', waveTemporalSlots(textSlots, cells, window), 0],
    ] as const;
    this.#blocks = Array.from({ length: layers }, (_, layer) =>
      channels.flatMap(([channel, slots, without]) =>
        ['key', 'value'].map((part) => ({
          name: `${channel}_${part}_${layer}`,
          block: memory.allocate([sequences, heads, slots, headDim]),
          without,
        })),
      ),
    ).flat();
  }

  /** The caches under their names as inputs, the same ones for all runs. */
  feeds(): Feeds {
    return Object.fromEntries(this.#blocks.map(({ name, block }) => [name, block.tensor]));
  }

  /** Keeps the rows of a prefill of the sequences from `firstSequence` on, text and given frames,
   *  and frees its results. */
  keepPrefill(results: Results, firstSequence: number): void {
    const { textSlots, cells, window } = this.shape;
    for (const { name, block, without } of this.#blocks) {
      const count = textSlots + (window.given - without) * cells;
      const runs = [{ from: 0, to: 0, count }];
      this.memory.copyRows(results[`new_${name}`]!, block, firstSequence, runs);
    }
    this.#finish(results);
  }

  /** Keeps the new rows [1, sequences, heads, R, headDim] of a wave and frees the results. */
  keepWave(results: Results, wave: Wave): void {
    const { textSlots, cells, window } = this.shape;
    const [spatial, temporal] = [window.given, 0].map((without) =>
      [...wave].flatMap((cell, row): RowRun[] => {
        const to = textSlots + (window.given + row - without) * cells + cell;
        return cell === IDLE ? [] : [{ from: row, to, count: 1 }];
      }),
    );
    for (const { name, block, without } of this.#blocks) {
      const runs = without === 0 ? temporal! : spatial!;
      this.memory.copyRows(results[`new_${name}`]!, block, 0, runs);
    }
    this.#finish(results);
  }

  /** Gives every sequence the drawn rows that sequence sources[sequence] has, of all frames. A sequence
   *  that others take from must keep its own. */
  copySequences(sources: readonly number[]): void {
    const { textSlots, cells, window } = this.shape;
    for (const { block, without } of this.#blocks) {
      const first = textSlots + (window.given - without) * cells;
      const rows = { first, count: (window.frames - window.given) * cells };
      sources.forEach((source, sequence) => {
        if (source !== sequence) {
          this.memory.copyBetweenSequences(block, source, sequence, rows);
        }
      });
    }
    this.memory.flush();
  }

  dispose(): void {
    this.memory.dispose();
  }

  /** Orders the copies before the next run; then the results' memory may be used again. */
  #finish(results: Results): void {
    this.memory.flush();
    freeResults(results);
  }
}
