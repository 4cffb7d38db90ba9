/**
 * Keys and values that every pass over masked cells reads, of all layers: the text in the spatial
 * channel; text and finished frames in the temporal one, not parted into regions, since a pass runs
 * the cells of all of them. They are filled by the prefill, and hold just what is finished: a pass
 * reads every column, so columns that wait for later frames would cost in each.
 */
import type { ArchitectureManifest } from '../../src/shared/manifest';
import { rowDims } from './cacheMemory';
import type { CacheBlock, CacheMemory } from './cacheMemory';
import { freeResults } from './freeResults';
import type { Feeds, Results } from './ortRuntime';

export interface MaskedCacheShape {
  architecture: Pick<ArchitectureManifest, 'layers' | 'heads' | 'headDim'>;
  /** Sequences of the batch: windows times guidance branches. */
  sequences: number;
  textSlots: number;
  /** Of the temporal channel: text and given frames. */
  temporalSlots: number;
}

/** One cache of a layer, whose rows are the first of the prefill's, then those of whole frames. */
interface KeptRows {
  name: string;
  block: CacheBlock;
  count: number;
}

export class MaskedCache {
  readonly #kept: KeptRows[];

  constructor(
    private readonly memory: CacheMemory,
    private readonly shape: MaskedCacheShape,
  ) {
    const channels = { spatial: shape.textSlots, temporal: shape.temporalSlots };
    this.#kept = Array.from({ length: shape.architecture.layers }, (_, layer) =>
      Object.entries(channels).flatMap(([channel, count]) =>
        ['key', 'value'].map((part) => ({
          name: `${channel}_${part}_${layer}`,
          block: this.#allocate(count),
          count,
        })),
      ),
    ).flat();
  }

  /** The caches under their names as inputs; others after `appendFrame`. */
  feeds(): Feeds {
    return Object.fromEntries(this.#kept.map(({ name, block }) => [name, block.tensor]));
  }

  /** Keeps the rows of a prefill of the sequences from `firstSequence` on and frees its results. */
  keepPrefill(results: Results, firstSequence: number): void {
    for (const { name, block, count } of this.#kept) {
      const runs = [{ from: 0, to: 0, count }];
      this.memory.copyRows(results[`new_${name}`]!, block, firstSequence, runs);
    }
    this.memory.flush();
    freeResults(results);
  }

  /** Outputs of a run over a finished frame that `appendFrame` reads. */
  frameOutputs(): string[] {
    return this.#temporal().map(({ name }) => `new_${name}`);
  }

  /** Puts a frame's temporal rows [sequences, heads, cells, headDim] behind what is there and frees
   *  the run's results. */
  appendFrame(results: Results): void {
    const replaced: CacheBlock[] = [];
    for (const kept of this.#temporal()) {
      const added = results[`new_${kept.name}`]!;
      const [, , cells] = rowDims(added);
      const grown = this.#allocate(kept.count + cells);
      const { memory } = this;
      memory.copyRows(kept.block.tensor, grown, 0, [{ from: 0, to: 0, count: kept.count }]);
      memory.copyRows(added, grown, 0, [{ from: 0, to: kept.count, count: cells }]);
      replaced.push(kept.block);
      kept.block = grown;
      kept.count += cells;
    }
    this.memory.flush();
    for (const block of replaced) this.memory.free(block);
    freeResults(results);
  }

  dispose(): void {
    this.memory.dispose();
  }

  #temporal(): KeptRows[] {
    return this.#kept.filter(({ name }) => name.startsWith('temporal_'));
  }

  #allocate(rows: number): CacheBlock {
    const { architecture, sequences } = this.shape;
    return this.memory.allocate([sequences, architecture.heads, rows, architecture.headDim]);
  }
}
