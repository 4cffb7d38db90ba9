/**
 * Keys and values that every pass over masked cells reads, of all layers: the text in the spatial
 * channel; text and given frames in the temporal one, not parted into regions, since a pass runs the
 * cells of all of them. They are filled by the prefill and stay as they are.
 */
import type { ArchitectureManifest } from '../../src/shared/manifest';
import { maskedTemporalSlots } from '../sampling/maskedVisibility';
import type { CacheBlock, CacheMemory } from './cacheMemory';
import { freeResults } from './freeResults';
import type { Feeds, Results } from './ortRuntime';

export interface MaskedCacheShape {
  architecture: Pick<ArchitectureManifest, 'layers' | 'heads' | 'headDim'>;
  /** Sequences of the batch: windows times guidance branches. */
  sequences: number;
  textSlots: number;
  /** Cells of a frame. */
  cells: number;
}

/** One cache of a layer, whose rows are the first of the prefill's. */
interface KeptRows {
  name: string;
  block: CacheBlock;
  count: number;
}

export class MaskedCache {
  readonly #kept: KeptRows[];

  constructor(
    private readonly memory: CacheMemory,
    { architecture, sequences, textSlots, cells }: MaskedCacheShape,
  ) {
    const { layers, heads, headDim } = architecture;
    const channels = { spatial: textSlots, temporal: maskedTemporalSlots(textSlots, cells) };
    this.#kept = Array.from({ length: layers }, (_, layer) =>
      Object.entries(channels).flatMap(([channel, count]) =>
        ['key', 'value'].map((part) => ({
          name: `${channel}_${part}_${layer}`,
          block: memory.allocate([sequences, heads, count, headDim]),
          count,
        })),
      ),
    ).flat();
  }

  /** The caches under their names as inputs. */
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

  dispose(): void {
    this.memory.dispose();
  }
}
