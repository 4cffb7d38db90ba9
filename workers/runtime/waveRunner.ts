/**
 * Runs a transformer graph over a batch of sequences whose frames are drawn in parallel: prefill of
 * text and given frames, then waves of at most one cell of every frame. Wants a graph that can be
 * asked for the logits of several rows.
 */
import { imagePosition, patternLayouts } from '../sampling/visibility';
import type { RegionLayout, TextColumns } from '../sampling/visibility';
import { wavesOf } from '../sampling/wavefront';
import type { Wave, WindowFrames } from '../sampling/wavefront';
import { waveBiases, waveSpatialSlots, waveTemporalSlots } from '../sampling/waveVisibility';
import { cacheMemory } from './cacheMemory';
import type { OnnxGraph } from './onnxGraph';
import { openingId } from './openingId';
import type { Feeds, OrtRuntime, Results } from './ortRuntime';
import { prefillRuns } from './prefillRuns';
import { recordWherePossible } from './recordedRun';
import type { RecordedRun } from './recordedRun';
import { keepSummary, laterTexts, runFeeds } from './runFeeds';
import type { RunInputs } from './runFeeds';
import type { RunnerBatch, RunnerManifest } from './runnerBatch';
import { WaveCache } from './waveCache';

/** The inputs that change from wave to wave, on the device. */
export type WaveFeeds = Pick<
  Feeds,
  'ids' | 'hints' | 'positions' | 'spatial_bias' | 'temporal_bias'
>;

export class WaveRunner {
  readonly sequences: number;
  /** Frames that are drawn, R: rows of a sequence. */
  readonly rows: number;
  /** Of a frame. */
  readonly cells: number;
  readonly text: TextColumns;
  readonly layouts: RegionLayout[];
  /** The steps to come, all of them. */
  readonly waves: readonly Wave[];
  /** Input id of each row for the next `step` [sequences, R]: `openingId` or the token before. */
  readonly ids: Int32Array;
  /** Two hint ids of each row for the next `step` [sequences, R, 2]. */
  readonly hints: Int32Array;
  readonly #inputs: RunInputs;
  readonly #feeds: Feeds;
  readonly #cache: WaveCache;
  #recorded: RecordedRun | undefined;

  constructor(
    private readonly graph: OnnxGraph,
    private readonly manifest: RunnerManifest,
    private readonly batch: RunnerBatch,
    readonly window: WindowFrames,
  ) {
    const { architecture, grid } = manifest;
    const lengths = batch.texts.map((text) => text.length);
    this.sequences = batch.texts.length;
    this.rows = window.frames - window.given;
    this.cells = grid * grid;
    this.text = { slots: Math.max(1, ...lengths), lengths, boost: batch.textBoost };
    this.layouts = patternLayouts(grid, batch.windows);
    this.waves = wavesOf(this.layouts, window);
    const { sequences, rows, cells } = this;
    const textSlots = this.text.slots;
    const shape = { architecture, sequences, textSlots, cells, window };
    this.#cache = new WaveCache(cacheMemory(graph), shape);
    this.#inputs = this.#emptyInputs();
    this.ids = this.#inputs.ids;
    this.hints = this.#inputs.hints;
    const feeds = runFeeds(graph, manifest, this.#inputs, {
      sequences,
      rows,
      patterns: this.layouts.length,
      textSlots,
      temporalShare: 1,
      asked: Int32Array.from({ length: rows }, (_, row) => row),
    });
    this.#feeds = { ...feeds, ...this.#cache.feeds() };
  }

  /** Runs text and given frames once and keeps their keys and values.
   *  @param given tokens [cells] of the given frames of each sequence, in cache order. */
  async prefill(given: readonly (readonly Int32Array[])[]): Promise<void> {
    const { graph, manifest, batch, text } = this;
    for await (const run of prefillRuns(graph, manifest, batch, text, given)) {
      keepSummary(run.results, this.#inputs, run.first, manifest);
      this.#cache.keepPrefill(run.results, run.first);
    }
  }

  /** As for a `TransformerRunner`: waves are recorded by the first of them where that can be. */
  async record(): Promise<void> {
    this.#recorded = await recordWherePossible(this.graph);
  }

  /**
   * Predicts the wave's cells of every sequence from `ids` and `hints`, and keeps their rows.
   *
   * @returns logits [sequences, R, codes]; those of idle rows mean nothing.
   */
  async step(wave: Wave): Promise<Float32Array> {
    const { spatial, temporal } = waveBiases(
      this.text,
      this.layouts,
      this.cells,
      this.window,
      wave,
    );
    this.#inputs.spatialBias.set(spatial);
    this.#inputs.temporalBias.set(temporal);
    this.#inputs.positions.set(this.positions(wave));
    const results = await this.#run();
    const logits = results['logits']!.data as Float32Array;
    this.#cache.keepWave(results, wave);
    return logits;
  }

  /** Text slots of the model, which positions count. */
  get textLength(): number {
    return this.manifest.textLength;
  }

  get runtime(): OrtRuntime {
    return this.graph.runtime;
  }

  /** Whether logits stay on the device: then `stepOnDevice` takes the place of `step`. */
  get logitsInGpu(): boolean {
    return this.graph.inGpu.has('logits');
  }

  /** From now on waves read these inputs from the device instead of from here. */
  feed(inputs: WaveFeeds): void {
    for (const [name, tensor] of Object.entries(inputs)) {
      if (this.graph.inputs.has(name)) this.#feeds[name] = tensor;
    }
  }

  /** Like `step`, from what was given to `feed`; `use` orders what the device does with the logits,
   *  which are gone when it returns. */
  async stepOnDevice(wave: Wave, use: (logits: GPUBuffer) => void): Promise<void> {
    const results = await this.#run();
    use(results['logits']!.gpuBuffer);
    this.#cache.keepWave(results, wave);
  }

  /** Lets every sequence go on from all that sequence sources[sequence] has drawn, finished or not. A
   *  source must be its own source. */
  copySequences(sources: readonly number[]): void {
    this.#cache.copySequences(sources);
  }

  /** The id to feed at cell 0 of a drawn frame of a sequence. */
  openingId(sequence: number, row: number): number {
    return openingId(this.batch, this.manifest.ids, sequence, this.window.given + row);
  }

  /** Position ids of the rows of all sequences [sequences, R]; idle ones stand at cell 0. */
  positions(wave: Wave): Int32Array {
    const own = Int32Array.from(wave, (cell, row) => {
      const slot = this.batch.order[this.window.given + row]!;
      return imagePosition(this.textLength, this.cells, slot, Math.max(0, cell));
    });
    return Int32Array.from({ length: this.sequences * this.rows }, (_, at) => own[at % this.rows]!);
  }

  dispose(): void {
    // Nothing waits for it: what is drawn next waits in the runtime's queue.
    void this.#recorded?.release();
    this.#cache.dispose();
  }

  #run(): Promise<Results> {
    return (this.#recorded ?? this.graph).run(this.#feeds);
  }

  #emptyInputs(): RunInputs {
    const { sequences, rows, cells, text, window } = this;
    const own = sequences * rows;
    const spatial = waveSpatialSlots(text.slots, cells, window) + rows;
    const temporal = waveTemporalSlots(text.slots, cells, window) + rows;
    return {
      ids: new Int32Array(own),
      hints: new Int32Array(2 * own).fill(this.manifest.ids.nullHint),
      opening: Int32Array.from({ length: own }, (_, at) =>
        this.openingId(Math.floor(at / rows), at % rows),
      ),
      positions: new Int32Array(own),
      spatialBias: new Float32Array(own * spatial),
      temporalBias: new Float32Array(this.layouts.length * own * temporal),
      ...laterTexts(this.graph, this.manifest, this.batch, text.slots),
    };
  }
}
