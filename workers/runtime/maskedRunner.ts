/**
 * Runs an interpolation graph over a batch of windows whose cells are masked: prefill of text and given
 * frames, then passes that predict both wanted frames at once; the twin of
 * training/transformer/masked_decoder.py. Owns the batch's caches and the input tensors of a pass.
 */
import { NOT_DRAWN } from '../sampling/maskedDrawing';
import {
  maskedPositions,
  maskedRowBiases,
  maskedRows,
  WANTED_SLOTS,
} from '../sampling/maskedVisibility';
import { GIVEN_FRAMES } from '../sampling/schedule';
import { patternLayouts } from '../sampling/visibility';
import type { TextColumns } from '../sampling/visibility';
import { cacheMemory } from './cacheMemory';
import { freeResults } from './freeResults';
import { MaskedCache } from './maskedCache';
import type { OnnxGraph } from './onnxGraph';
import { openingId } from './openingId';
import type { Feeds } from './ortRuntime';
import { prefillRuns } from './prefillRuns';
import { keepSummary, laterTexts, runFeeds } from './runFeeds';
import type { RunInputs } from './runFeeds';
import type { RunnerBatch, RunnerManifest } from './runnerBatch';

export class MaskedRunner {
  readonly #cells: number;
  /** Of a pass. */
  readonly #rows: number;
  readonly #text: TextColumns;
  readonly #cache: MaskedCache;
  readonly #inputs: RunInputs;
  readonly #feeds: Feeds;
  /** Ids of each sequence's rows while their cells are hidden [sequences, rows]. */
  readonly #hiddenIds: Int32Array;

  constructor(
    private readonly graph: OnnxGraph,
    private readonly manifest: RunnerManifest,
    private readonly batch: RunnerBatch,
  ) {
    const { architecture, grid } = manifest;
    const sequences = batch.texts.length;
    this.#cells = grid * grid;
    this.#rows = maskedRows(this.#cells);
    const lengths = batch.texts.map((text) => text.length);
    this.#text = { slots: Math.max(1, ...lengths), lengths, boost: batch.textBoost };
    const textSlots = this.#text.slots;
    const shape = { architecture, sequences, textSlots, cells: this.#cells };
    this.#cache = new MaskedCache(cacheMemory(graph.runtime), shape);
    this.#inputs = this.#passInputs();
    this.#hiddenIds = this.#openingIds();
    this.#feeds = this.#passFeeds();
  }

  /** Runs text and given frames once and keeps their keys and values.
   *  @param given tokens [cells] of frames 0, 2 and 4 of each sequence. */
  async prefill(given: readonly (readonly Int32Array[])[]): Promise<void> {
    const { graph, manifest, batch } = this;
    given.forEach((frames, sequence) => this.#fillHints(frames, sequence));
    for await (const run of prefillRuns(graph, manifest, batch, this.#text, given)) {
      keepSummary(run.results, this.#inputs, run.first, manifest);
      this.#cache.keepPrefill(run.results, run.first);
    }
  }

  /**
   * Predicts all cells of both wanted frames.
   *
   * @param tokens of each window, those of slot 1 first, NOT_DRAWN where hidden [2C]; every guidance
   *   branch reads them.
   * @returns logits [sequences, 2C, codes].
   */
  async predict(tokens: readonly Int32Array[]): Promise<Float32Array> {
    const { ids } = this.#inputs;
    for (let at = 0; at < ids.length; at++) {
      const window = Math.floor(at / this.#rows) % tokens.length;
      const token = tokens[window]![at % this.#rows]!;
      ids[at] = token === NOT_DRAWN ? this.#hiddenIds[at]! : token;
    }
    // The pass's own keys are seen by no later one.
    const results = await this.graph.run(this.#feeds, ['logits']);
    const logits = results['logits']!.data as Float32Array;
    freeResults(results);
    return logits;
  }

  dispose(): void {
    this.#cache.dispose();
  }

  /** A cell's hints are its tokens in the frames before and after. */
  #fillHints(given: readonly Int32Array[], sequence: number): void {
    const { hints } = this.#inputs;
    for (let row = 0; row < this.#rows; row++) {
      const frame = Math.floor(row / this.#cells);
      const at = 2 * (sequence * this.#rows + row);
      hints[at] = given[frame]![row % this.#cells]!;
      hints[at + 1] = given[frame + 1]![row % this.#cells]!;
    }
  }

  #openingIds(): Int32Array {
    const { batch, manifest } = this;
    const ids = new Int32Array(batch.texts.length * this.#rows);
    batch.texts.forEach((_, sequence) => {
      WANTED_SLOTS.forEach((_, frame) => {
        const id = openingId(batch, manifest.ids, sequence, GIVEN_FRAMES + frame);
        const start = sequence * this.#rows + frame * this.#cells;
        ids.fill(id, start, start + this.#cells);
      });
    });
    return ids;
  }

  #passInputs(): RunInputs {
    const { batch, manifest } = this;
    const sequences = batch.texts.length;
    const layouts = patternLayouts(manifest.grid, batch.windows);
    const { spatial, temporal } = maskedRowBiases(this.#text, layouts, this.#cells);
    const positions = maskedPositions(manifest.textLength, this.#cells);
    return {
      ids: new Int32Array(sequences * this.#rows),
      hints: new Int32Array(2 * sequences * this.#rows),
      positions: Int32Array.from({ length: sequences * this.#rows }, (_, at) => {
        return positions[at % this.#rows]!;
      }),
      spatialBias: spatial,
      temporalBias: temporal,
      ...laterTexts(this.graph, manifest, batch, this.#text.slots),
    };
  }

  /** Tensors over the pass's arrays and over the caches, made once. */
  #passFeeds(): Feeds {
    const shape = {
      sequences: this.batch.texts.length,
      rows: this.#rows,
      patterns: Math.max(1, this.batch.windows.length),
      textSlots: this.#text.slots,
      temporalShare: 1,
      asked: Int32Array.from({ length: this.#rows }, (_, row) => row),
    } as const;
    return {
      ...runFeeds(this.graph, this.manifest, this.#inputs, shape),
      ...this.#cache.feeds(),
    };
  }
}
