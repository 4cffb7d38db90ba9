/**
 * A batch of sequences whose cells are drawn in passes: what its runs share, in both stages. Owns the
 * batch's caches.
 */
import { maskedTemporalSlots } from '../sampling/maskedVisibility';
import { patternLayouts } from '../sampling/visibility';
import type { RegionLayout, TextColumns } from '../sampling/visibility';
import { cacheMemory } from './cacheMemory';
import { MaskedCache } from './maskedCache';
import type { OnnxGraph } from './onnxGraph';
import { openingId } from './openingId';
import type { Feeds } from './ortRuntime';
import { prefillRuns } from './prefillRuns';
import { keepSummary, laterTexts, runFeeds } from './runFeeds';
import type { RunInputs } from './runFeeds';
import type { RunnerBatch, RunnerManifest } from './runnerBatch';

/** Of a run: the ids of its rows, and what follows from where they lie. */
export type RowInputs = Omit<RunInputs, 'text' | 'summary'>;

export class MaskedBatch {
  readonly sequences: number;
  /** Of a frame. */
  readonly cells: number;
  readonly text: TextColumns;
  readonly layouts: RegionLayout[];
  readonly cache: MaskedCache;
  readonly #texts: Pick<RunInputs, 'text' | 'summary'>;

  /** @param givenFrames whole frames of each sequence behind its text. */
  constructor(
    readonly graph: OnnxGraph,
    readonly manifest: RunnerManifest,
    private readonly batch: RunnerBatch,
    givenFrames: number,
  ) {
    const { architecture, grid } = manifest;
    const sequences = batch.texts.length;
    const cells = grid * grid;
    const lengths = batch.texts.map((text) => text.length);
    const textSlots = Math.max(1, ...lengths);
    this.sequences = sequences;
    this.cells = cells;
    this.text = { slots: textSlots, lengths, boost: batch.textBoost };
    this.layouts = patternLayouts(grid, batch.windows);
    const temporalSlots = maskedTemporalSlots(textSlots, cells, givenFrames);
    const shape = { architecture, sequences, textSlots, temporalSlots };
    this.cache = new MaskedCache(cacheMemory(graph), shape);
    this.#texts = laterTexts(graph, manifest, batch, textSlots);
  }

  /** Runs text and given frames once and keeps their keys and values.
   *  @param given tokens [cells] of the given frames of each sequence. */
  async prefill(given: readonly (readonly Int32Array[])[]): Promise<void> {
    const { graph, manifest, batch, text } = this;
    for await (const run of prefillRuns(graph, manifest, batch, text, given)) {
      keepSummary(run.results, this.#texts, run.first, manifest);
      this.cache.keepPrefill(run.results, run.first);
    }
  }

  /** Tensors over the arrays of a run and over the caches as they are now.
   *  @param asked rows whose logits are wanted. */
  feeds(inputs: RowInputs, asked: Int32Array): Feeds {
    const shape = {
      sequences: this.sequences,
      rows: inputs.ids.length / this.sequences,
      patterns: this.layouts.length,
      textSlots: this.text.slots,
      temporalShare: 1,
      asked,
    } as const;
    const feeds = runFeeds(this.graph, this.manifest, { ...inputs, ...this.#texts }, shape);
    return { ...feeds, ...this.cache.feeds() };
  }

  /** The id that opens frame `order` of a sequence. */
  openingId(sequence: number, order: number): number {
    return openingId(this.batch, this.manifest.ids, sequence, order);
  }

  /** What every sequence has alike, once for each of them. */
  ofAllSequences(own: Int32Array): Int32Array {
    const all = new Int32Array(this.sequences * own.length);
    for (let start = 0; start < all.length; start += own.length) all.set(own, start);
    return all;
  }

  dispose(): void {
    this.cache.dispose();
  }
}
