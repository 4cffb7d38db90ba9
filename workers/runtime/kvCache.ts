/**
 * Keys and values of all layers, kept in place: on a device at fixed capacity, in main memory with
 * hardly more room than is used. The spatial channel has one cache per layer (text and the current
 * frame); the temporal channel has one per layer and window region (text and the region's cells of
 * all frames), so a step hands the graph only the region that its cell may see. Unused slots are
 * hidden by the biases.
 */
import type { RegionLayout } from '../sampling/visibility';
import {
  spatialCapacity,
  spatialRoom,
  temporalCapacity,
  temporalRoom,
  temporalSlot,
} from '../sampling/visibility';
import type { CacheBlock, CacheMemory, RowRun } from './cacheMemory';
import { freeResults } from './freeResults';
import type { Feeds, Results } from './ortRuntime';

export interface CacheShape {
  layers: number;
  heads: number;
  headDim: number;
  /** Sequences of the batch: windows times guidance branches. */
  sequences: number;
  textSlots: number;
  /** Cells of a frame. */
  cells: number;
  /** Layer i uses layout i mod length. */
  layouts: readonly RegionLayout[];
}

/** Rows of the caches of each channel. */
export interface CacheRoom {
  spatial: number;
  temporal: number;
}

const PARTS = ['key', 'value'] as const;
const NO_REGION = -1;

/** One layer's blocks of one part (keys or values). */
interface LayerPart {
  spatialName: string;
  temporalName: string;
  spatial: CacheBlock;
  /** By region. */
  temporal: CacheBlock[];
  /** Of the region that runs read now, where they must always read the same block. */
  read?: { block: CacheBlock; region: number };
  layout: RegionLayout;
}

export class KvCache {
  readonly #parts: LayerPart[];
  /** Reused for single rows, so that a step allocates nothing. */
  readonly #oneRow: [RowRun] = [{ from: 0, to: 0, count: 1 }];
  #room: CacheRoom;

  constructor(
    private readonly memory: CacheMemory,
    private readonly shape: CacheShape,
  ) {
    const { layers, heads, headDim, sequences, textSlots, cells, layouts } = shape;
    const block = (capacity: number): CacheBlock =>
      memory.allocate([sequences, heads, capacity, headDim]);
    const regionCapacity = temporalCapacity(textSlots, layouts);
    this.#room = { spatial: spatialCapacity(textSlots, cells), temporal: regionCapacity };
    this.#parts = Array.from({ length: layers }, (_, layer) => {
      const layout = layouts[layer % layouts.length]!;
      return PARTS.map((part) => ({
        spatialName: `spatial_${part}_${layer}`,
        temporalName: `temporal_${part}_${layer}`,
        spatial: block(this.#room.spatial),
        temporal: layout.sizes.map(() => block(regionCapacity)),
        layout,
      }));
    }).flat();
  }

  /**
   * Makes room for the rows that the cell's step reads and for its own, and hardly more where caches
   * can change their size: a step multiplies with every row, hidden ones too. Rows of later cells of
   * the frame and of later frames are gone then.
   *
   * @returns the same object as long as nothing changes.
   */
  makeRoom(order: number, cell: number): CacheRoom {
    const { textSlots, cells, layouts } = this.shape;
    const spatial = spatialRoom(textSlots, cells, cell);
    const temporal = temporalRoom(textSlots, layouts, order);
    const before = this.#room;
    const { memory } = this;
    if (!memory.setRows || (spatial === before.spatial && temporal === before.temporal)) {
      return before;
    }
    for (const part of this.#parts) {
      if (spatial !== before.spatial) memory.setRows(part.spatial, spatial);
      if (temporal === before.temporal) continue;
      for (const block of part.temporal) memory.setRows(block, temporal);
    }
    return (this.#room = { spatial, temporal });
  }

  /**
   * From now on `feed` names the same blocks for all cells, as runs want them that are recorded: a
   * region's are copied there when its cells come.
   */
  keepPlaces(): void {
    for (const part of this.#parts) {
      const block = this.memory.allocate(part.temporal[0]!.tensor.dims);
      part.read = { block, region: NO_REGION };
    }
  }

  /** Names the caches that the cell's step reads. */
  feed(feeds: Feeds, cell: number): void {
    for (const part of this.#parts) {
      const region = part.layout.region[cell]!;
      const temporal = part.temporal[region]!;
      if (part.read && part.read.region !== region) {
        this.memory.copyBlock(temporal, part.read.block);
        part.read.region = region;
      }
      feeds[part.spatialName] = part.spatial.tensor;
      feeds[part.temporalName] = (part.read?.block ?? temporal).tensor;
    }
    this.memory.flush();
  }

  /** Keeps the new rows [1, sequences, heads, 1, headDim] of one step and frees them. */
  keepStep(results: Results, order: number, cell: number): void {
    const { textSlots } = this.shape;
    const runs = this.#oneRow;
    for (const part of this.#parts) {
      const region = part.layout.region[cell]!;
      runs[0].to = textSlots + cell;
      this.memory.copyRows(results[`new_${part.spatialName}`]!, part.spatial, 0, runs);
      runs[0].to = temporalSlot(textSlots, part.layout, order, cell);
      const temporal = results[`new_${part.temporalName}`]!;
      this.memory.copyRows(temporal, part.temporal[region]!, 0, runs);
      if (part.read) this.memory.copyRows(temporal, part.read.block, 0, runs);
    }
    this.#finish(results);
  }

  /**
   * Keeps the rows of a prefill of the sequences from `firstSequence` on: text in all caches, the
   * given frames in the temporal caches only, since no later frame sees them in the spatial one.
   */
  keepPrefill(results: Results, firstSequence: number, givenFrames: number): void {
    const text = [{ from: 0, to: 0, count: this.shape.textSlots }];
    for (const part of this.#parts) {
      const spatial = results[`new_${part.spatialName}`]!;
      this.memory.copyRows(spatial, part.spatial, firstSequence, text);
      part.temporal.forEach((block, region) => {
        const runs = [...text, ...this.#frameRuns(part.layout, region, givenFrames)];
        const temporal = results[`new_${part.temporalName}`]!;
        this.memory.copyRows(temporal, block, firstSequence, runs);
      });
    }
    this.#finish(results);
  }

  /**
   * Gives every sequence the rows of frame `order` that sequence sources[sequence] has, in the
   * temporal caches: the spatial ones hold the present frame alone, and a finished one is not read
   * there again. A sequence that others take from must keep its own.
   */
  copyFrame(order: number, sources: readonly number[]): void {
    const { textSlots } = this.shape;
    for (const part of this.#parts) {
      const { temporal, layout } = part;
      if (part.read) part.read.region = NO_REGION;
      temporal.forEach((block, region) => {
        const count = layout.sizes[region]!;
        const rows = { first: textSlots + order * count, count };
        sources.forEach((source, sequence) => {
          if (source !== sequence) {
            this.memory.copyBetweenSequences(block, source, sequence, rows);
          }
        });
      });
    }
    this.memory.flush();
  }

  /** Where the prefill rows of one region go, neighbouring rows together. */
  #frameRuns(layout: RegionLayout, region: number, givenFrames: number): RowRun[] {
    const { textSlots, cells } = this.shape;
    const runs: RowRun[] = [];
    for (let order = 0; order < givenFrames; order++) {
      for (let cell = 0; cell < cells; cell++) {
        if (layout.region[cell] !== region) continue;
        const from = textSlots + order * cells + cell;
        const to = temporalSlot(textSlots, layout, order, cell);
        const last = runs.at(-1);
        if (last && last.from + last.count === from && last.to + last.count === to) last.count++;
        else runs.push({ from, to, count: 1 });
      }
    }
    return runs;
  }

  /** Orders the copies before the next run; then the results' memory may be used again. */
  #finish(results: Results): void {
    this.memory.flush();
    freeResults(results);
  }

  dispose(): void {
    this.memory.dispose();
  }
}
