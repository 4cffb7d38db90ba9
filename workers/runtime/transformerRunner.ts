/**
 * Runs one transformer graph over a batch of sequences: prefill of text and given frames, then one
 * cell per step. Owns the batch's caches and the reused input tensors of a step.
 */
import type { Tensor } from 'onnxruntime-common';
import { TEMPORAL_SHARE } from '../../src/shared/manifest';
import type { ModelManifest, TemporalWindow } from '../../src/shared/manifest';
import type { RegionLayout, TextColumns } from '../sampling/visibility';
import {
  fillStepBiases,
  imagePosition,
  patternLayouts,
  prefillBiases,
  prefillPositions,
  spatialCapacity,
  temporalCapacity,
} from '../sampling/visibility';
import { cacheMemory } from './cacheMemory';
import { KvCache } from './kvCache';
import type { OnnxGraph } from './onnxGraph';
import { openingId } from './openingId';
import type { Feeds, OrtRuntime, Results } from './ortRuntime';

/** Largest attention matrix of a prefill, all heads of all its sequences, in floats (16 MB). */
const PREFILL_FLOATS = 1 << 22;

/** What a runner must know of its model. */
export type RunnerManifest = Pick<ModelManifest, 'architecture' | 'grid' | 'ids' | 'textLength'>;

/** Input of graphs that compute the summary of a text once: output `new_summary` of its run. */
const SUMMARY = 'summary';

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

/** Inputs of a step; filled by the caller before `step`. */
interface StepInputs {
  ids: Int32Array;
  hints: Int32Array;
  positions: Int32Array;
  spatialBias: Float32Array;
  temporalBias: Float32Array;
  /** Ids of the sequences' texts, padded to the text slots; none where `summary` stands for them. */
  text: Int32Array;
  /** Summaries of the texts [sequences, hidden]; none where the run computes them from `text`. */
  summary: Float32Array;
}

export class TransformerRunner {
  /** Input id of each sequence for the next `step`: `openingId` or the previous cell's token. */
  readonly ids: Int32Array;
  /** Two hint ids of each sequence for the next step, null hints to begin with. */
  readonly hints: Int32Array;
  readonly #inputs: StepInputs;
  readonly #feeds: Feeds;
  readonly #cache: KvCache;
  readonly #cells: number;
  readonly #text: TextColumns;
  readonly #layouts: RegionLayout[];
  /** What given frames see of each other. */
  readonly #givenLayouts: RegionLayout[];

  constructor(
    private readonly graph: OnnxGraph,
    private readonly manifest: RunnerManifest,
    private readonly batch: RunnerBatch,
  ) {
    const { architecture, grid } = manifest;
    this.#cells = grid * grid;
    this.#layouts = patternLayouts(grid, batch.windows);
    this.#givenLayouts = patternLayouts(grid, batch.windows, batch.asReleased);
    if (batch.baseOnly && !graph.inputs.has(TEMPORAL_SHARE)) {
      throw new RangeError(
        `the graph has no input ${TEMPORAL_SHARE}, so it draws with both channels`,
      );
    }
    const lengths = batch.texts.map((text) => text.length);
    this.#text = { slots: Math.max(1, ...lengths), lengths, boost: batch.textBoost };
    this.#cache = new KvCache(cacheMemory(graph.runtime), {
      ...architecture,
      sequences: batch.texts.length,
      textSlots: this.#text.slots,
      cells: this.#cells,
      layouts: this.#layouts,
    });
    this.#inputs = this.#stepInputs();
    this.ids = this.#inputs.ids;
    this.hints = this.#inputs.hints.fill(manifest.ids.nullHint);
    this.#feeds = this.#stepFeeds(this.#inputs);
  }

  /** Runs text and given frames once and keeps their keys and values.
   *  @param given tokens [cells] of the given frames of each sequence, in cache order. */
  async prefill(given: readonly (readonly Int32Array[])[]): Promise<void> {
    const { architecture } = this.manifest;
    const givenFrames = given[0]?.length ?? 0;
    const rows = this.#text.slots + givenFrames * this.#cells;
    const floats = rows * rows * (2 * architecture.heads + this.#layouts.length + 1);
    const chunk = Math.max(1, Math.floor(PREFILL_FLOATS / floats));
    for (let first = 0; first < given.length; first += chunk) {
      const part = given.slice(first, first + chunk);
      const results = await this.graph.run(this.#prefillFeeds(part, first, givenFrames));
      const summary = results[`new_${SUMMARY}`];
      if (summary) this.#inputs.summary.set(summary.data as Float32Array, first * this.#hidden);
      this.#cache.keepPrefill(results, first, givenFrames);
    }
  }

  /**
   * Predicts one cell of every sequence from `ids` and `hints`, and keeps the step's rows.
   *
   * @param order how many frames of the window came before this one.
   * @returns logits [sequences, codes].
   */
  async step(order: number, cell: number): Promise<Float32Array> {
    const results = await this.#run(order, cell);
    const logits = results['logits']!.data as Float32Array;
    this.#cache.keepStep(results, order, cell);
    return logits;
  }

  get runtime(): OrtRuntime {
    return this.graph.runtime;
  }

  /** Whether logits stay on the device: then `stepOnDevice` takes the place of `step`. */
  get logitsInGpu(): boolean {
    return this.graph.inGpu.has('logits');
  }

  /**
   * Like `step`, from the ids that were given to `feedIds`; `use` orders what the device does with
   * the logits, which are gone when it returns.
   */
  async stepOnDevice(order: number, cell: number, use: (logits: GPUBuffer) => void): Promise<void> {
    const results = await this.#run(order, cell);
    use(results['logits']!.gpuBuffer);
    this.#cache.keepStep(results, order, cell);
  }

  /** From now on steps read `ids`, int32 [sequences, 1], from the device instead of from here. */
  feedIds(ids: Tensor): void {
    this.#feeds['ids'] = ids;
  }

  /**
   * Lets every sequence go on from what sequence sources[sequence] has drawn as frame `order`, the
   * last finished one; the frames before must be alike. A source must be its own source.
   */
  copyFrame(order: number, sources: readonly number[]): void {
    this.#cache.copyFrame(order, sources);
  }

  /** The id to feed at cell 0 of frame `order` of a sequence. */
  openingId(sequence: number, order: number): number {
    return openingId(this.batch, this.manifest.ids, sequence, order);
  }

  dispose(): void {
    this.#cache.dispose();
  }

  /** Runs the graph for one cell. */
  #run(order: number, cell: number): Promise<Results> {
    const { positions, spatialBias, temporalBias } = this.#inputs;
    const frameSlot = this.batch.order[order]!;
    positions.fill(imagePosition(this.manifest.textLength, this.#cells, frameSlot, cell));
    fillStepBiases(spatialBias, temporalBias, this.#text, this.#layouts, order, cell);
    this.#cache.feed(this.#feeds, cell);
    return this.graph.run(this.#feeds);
  }

  #stepInputs(): StepInputs {
    const sequences = this.batch.texts.length;
    const once = this.graph.inputs.has(SUMMARY);
    const spatial = spatialCapacity(this.#text.slots, this.#cells) + 1;
    const temporal = temporalCapacity(this.#text.slots, this.#layouts) + 1;
    return {
      ids: new Int32Array(sequences),
      hints: new Int32Array(2 * sequences),
      positions: new Int32Array(sequences),
      spatialBias: new Float32Array(sequences * spatial),
      temporalBias: new Float32Array(this.#layouts.length * sequences * temporal),
      text: once ? new Int32Array(0) : this.#paddedTexts(0, sequences),
      summary: new Float32Array(once ? sequences * this.#hidden : 0),
    };
  }

  get #hidden(): number {
    return this.manifest.architecture.hidden;
  }

  /** Tensors over the step's arrays, made once: their content changes, they do not. */
  #stepFeeds(inputs: StepInputs): Feeds {
    const sequences = this.batch.texts.length;
    return this.#feedsOf(inputs, sequences, 1);
  }

  /** @param rows rows of a sequence; the biases' widths follow from their lengths. */
  #feedsOf(inputs: StepInputs, sequences: number, rows: number): Feeds {
    const { Tensor } = this.graph.runtime.ort;
    const patterns = this.#layouts.length;
    const spatialWidth = inputs.spatialBias.length / (sequences * rows);
    const temporalWidth = inputs.temporalBias.length / (patterns * sequences * rows);
    const feeds: Feeds = {
      ids: new Tensor('int32', inputs.ids, [sequences, rows]),
      positions: new Tensor('int32', inputs.positions, [sequences, rows]),
      spatial_bias: new Tensor('float32', inputs.spatialBias, [sequences, 1, rows, spatialWidth]),
      temporal_bias: new Tensor('float32', inputs.temporalBias, [
        patterns,
        sequences,
        1,
        rows,
        temporalWidth,
      ]),
    };
    if (this.manifest.architecture.previousFrameHint) {
      feeds['hints'] = new Tensor('int32', inputs.hints, [sequences, rows, 2]);
    }
    if (this.graph.inputs.has('text')) {
      const { slots } = this.#text;
      feeds['text'] = new Tensor('int32', inputs.text, [inputs.text.length / slots, slots]);
    }
    if (this.graph.inputs.has(SUMMARY)) {
      const rows = inputs.summary.length / this.#hidden;
      feeds[SUMMARY] = new Tensor('float32', inputs.summary, [rows, 1, this.#hidden]);
    }
    if (this.graph.inputs.has(TEMPORAL_SHARE)) {
      const shares = new Float32Array(sequences).fill(this.batch.baseOnly ? 0 : 1);
      feeds[TEMPORAL_SHARE] = new Tensor('float32', shares, [sequences, 1, 1]);
    }
    return feeds;
  }

  /** Feeds of the prefill of some sequences, with one hidden dummy slot in every cache. */
  #prefillFeeds(
    given: readonly (readonly Int32Array[])[],
    first: number,
    givenFrames: number,
  ): Feeds {
    const sequences = given.length;
    const lengths = this.#text.lengths.slice(first, first + sequences);
    const text = { ...this.#text, lengths };
    const { spatial, temporal, rows } = prefillBiases(
      text,
      this.#givenLayouts,
      this.#cells,
      givenFrames,
      { causal: this.batch.causalPrefill ?? false, boostTemporal: !this.batch.asReleased },
    );
    const frameSlots = this.batch.order.slice(0, givenFrames);
    const positions = prefillPositions(
      text.slots,
      this.manifest.textLength,
      this.#cells,
      frameSlots,
    );
    const ids = new Int32Array(sequences * rows).fill(this.manifest.ids.pad);
    const allPositions = new Int32Array(sequences * rows);
    given.forEach((frames, sequence) => {
      allPositions.set(positions, sequence * rows);
      ids.set(this.batch.texts[first + sequence]!, sequence * rows);
      frames.forEach((tokens, frame) => {
        const start = sequence * rows + text.slots + frame * this.#cells;
        ids[start] = this.openingId(first + sequence, frame);
        // The last token of a frame is never an input: the next frame begins with its own id.
        ids.set(tokens.subarray(0, this.#cells - 1), start + 1);
      });
    });
    const feeds = this.#feedsOf(
      {
        ids,
        positions: allPositions,
        hints: new Int32Array(2 * sequences * rows).fill(this.manifest.ids.nullHint),
        spatialBias: spatial,
        temporalBias: temporal,
        text: this.#paddedTexts(first, sequences),
        summary: new Float32Array(0),
      },
      sequences,
      rows,
    );
    return { ...feeds, ...this.#dummyCaches(sequences) };
  }

  /** @returns ids [sequences, text slots]. */
  #paddedTexts(first: number, sequences: number): Int32Array {
    const { slots } = this.#text;
    const ids = new Int32Array(sequences * slots).fill(this.manifest.ids.pad);
    const texts = this.batch.texts.slice(first, first + sequences);
    texts.forEach((text, sequence) => ids.set(text, sequence * slots));
    return ids;
  }

  #dummyCaches(sequences: number): Feeds {
    const { layers, heads, headDim } = this.manifest.architecture;
    const dummy = this.#dummyTensor([sequences, heads, 1, headDim]);
    const names = Array.from({ length: layers }, (_, layer) =>
      ['spatial_key', 'spatial_value', 'temporal_key', 'temporal_value'].map(
        (name) => `${name}_${layer}`,
      ),
    ).flat();
    return Object.fromEntries(names.map((name) => [name, dummy]));
  }

  #dummyTensor(dims: readonly number[]): Tensor {
    const size = dims.reduce((product, dim) => product * dim, 1);
    return new this.graph.runtime.ort.Tensor('float32', new Float32Array(size), dims);
  }
}
