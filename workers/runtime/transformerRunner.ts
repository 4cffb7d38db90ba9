/**
 * Runs one transformer graph over a batch of sequences: prefill of text and given frames, then one
 * cell per step. Owns the batch's caches and the reused input tensors of a step.
 */
import type { Tensor } from 'onnxruntime-common';
import { TEMPORAL_SHARE } from '../../src/shared/manifest';
import type { RegionLayout, TextColumns } from '../sampling/visibility';
import { fillStepBiases, imagePosition, patternLayouts } from '../sampling/visibility';
import { cacheMemory } from './cacheMemory';
import { KvCache } from './kvCache';
import type { CacheRoom } from './kvCache';
import type { OnnxGraph } from './onnxGraph';
import { openingId } from './openingId';
import type { Feeds, OrtRuntime, Results } from './ortRuntime';
import { prefillRuns } from './prefillRuns';
import { recordWherePossible } from './recordedRun';
import type { RecordedRun } from './recordedRun';
import { biasFeeds, keepSummary, laterTexts, runFeeds } from './runFeeds';
import type { RunInputs } from './runFeeds';
import type { RunnerBatch, RunnerManifest } from './runnerBatch';

export class TransformerRunner {
  /** Input id of each sequence for the next `step`: `openingId` or the previous cell's token. */
  readonly ids: Int32Array;
  /** Two hint ids of each sequence for the next step, null hints to begin with. */
  readonly hints: Int32Array;
  readonly #inputs: RunInputs;
  readonly #feeds: Feeds;
  readonly #cache: KvCache;
  readonly #cells: number;
  readonly #text: TextColumns;
  readonly #layouts: RegionLayout[];
  #recorded: RecordedRun | undefined;
  /** What the biases fit. */
  #room: CacheRoom | undefined;

  constructor(
    private readonly graph: OnnxGraph,
    private readonly manifest: RunnerManifest,
    private readonly batch: RunnerBatch,
  ) {
    const { architecture, grid } = manifest;
    this.#cells = grid * grid;
    this.#layouts = patternLayouts(grid, batch.windows);
    if (batch.baseOnly && !graph.inputs.has(TEMPORAL_SHARE)) {
      throw new RangeError(
        `the graph has no input ${TEMPORAL_SHARE}, so it draws with both channels`,
      );
    }
    const lengths = batch.texts.map((text) => text.length);
    this.#text = { slots: Math.max(1, ...lengths), lengths, boost: batch.textBoost };
    this.#cache = new KvCache(cacheMemory(graph), {
      ...architecture,
      sequences: batch.texts.length,
      textSlots: this.#text.slots,
      cells: this.#cells,
      layouts: this.#layouts,
    });
    this.#inputs = this.#stepInputs();
    this.ids = this.#inputs.ids;
    this.hints = this.#inputs.hints.fill(manifest.ids.nullHint);
    this.#feeds = runFeeds(graph, manifest, this.#inputs, {
      sequences: batch.texts.length,
      rows: 1,
      patterns: this.#layouts.length,
      textSlots: this.#text.slots,
      temporalShare: batch.baseOnly ? 0 : 1,
    });
  }

  /** Runs text and given frames once and keeps their keys and values.
   *  @param given tokens [cells] of the given frames of each sequence, in cache order. */
  async prefill(given: readonly (readonly Int32Array[])[]): Promise<void> {
    const { graph, manifest, batch } = this;
    for await (const run of prefillRuns(graph, manifest, batch, this.#text, given)) {
      keepSummary(run.results, this.#inputs, run.first, manifest);
      this.#cache.keepPrefill(run.results, run.first, given[0]!.length);
    }
  }

  /**
   * Has the steps to come recorded by the first of them and played back by the others, where the
   * graph and the device can. Worth a session of its own for whole frames. Call it before the first step.
   */
  async record(): Promise<void> {
    this.#recorded = await recordWherePossible(this.graph);
    if (this.#recorded) this.#cache.keepPlaces();
  }

  /**
   * Predicts one cell of every sequence from `ids` and `hints`, and keeps the step's rows.
   *
   * @param order how many frames of the window came before this one.
   * @returns logits [sequences, codes], until the next step.
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
    // Nothing waits for it: what is drawn next waits in the runtime's queue.
    void this.#recorded?.release();
    this.#cache.dispose();
  }

  /** Runs the graph for one cell. */
  #run(order: number, cell: number): Promise<Results> {
    const { opening, positions } = this.#inputs;
    for (let sequence = 0; sequence < opening.length; sequence++) {
      opening[sequence] = this.openingId(sequence, order);
    }
    const frameSlot = this.batch.order[order]!;
    positions.fill(imagePosition(this.manifest.textLength, this.#cells, frameSlot, cell));
    this.#fitBiases(this.#cache.makeRoom(order, cell));
    const { spatialBias, temporalBias } = this.#inputs;
    fillStepBiases(spatialBias, temporalBias, this.#text, this.#layouts, order, cell);
    this.#cache.feed(this.#feeds, cell);
    return (this.#recorded ?? this.graph).run(this.#feeds);
  }

  /** Makes biases of a row that are as wide as the caches are long. */
  #fitBiases(room: CacheRoom): void {
    if (room === this.#room) return;
    this.#room = room;
    const sequences = this.batch.texts.length;
    const patterns = this.#layouts.length;
    this.#inputs.spatialBias = new Float32Array(sequences * (room.spatial + 1));
    this.#inputs.temporalBias = new Float32Array(patterns * sequences * (room.temporal + 1));
    const shape = { sequences, rows: 1, patterns };
    Object.assign(this.#feeds, biasFeeds(this.runtime.ort, this.#inputs, shape));
  }

  #stepInputs(): RunInputs {
    const sequences = this.batch.texts.length;
    return {
      ids: new Int32Array(sequences),
      hints: new Int32Array(2 * sequences),
      opening: new Int32Array(sequences),
      positions: new Int32Array(sequences),
      // As wide as a step wants them: `#fitBiases`.
      spatialBias: new Float32Array(0),
      temporalBias: new Float32Array(0),
      ...laterTexts(this.graph, this.manifest, this.batch, this.#text.slots),
    };
  }
}
