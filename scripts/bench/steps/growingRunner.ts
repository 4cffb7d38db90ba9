/**
 * The usual way of driving a decoder from JavaScript, as transformers.js does: caches grow by one
 * row a step, come back from each run as outputs and go into the next as inputs; logits are read
 * back and sampled in JavaScript. The graph is ours with whole caches as further outputs.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { OPENING, ROWS } from '../../../src/shared/manifest';
import type { OrtModule, OrtRuntime } from '../../../workers/runtime/ortRuntime';
import {
  imagePosition,
  MASKED,
  patternLayouts,
  prefillBiases,
  prefillPositions,
} from '../../../workers/sampling/visibility';
import type { RegionLayout, TextColumns } from '../../../workers/sampling/visibility';
import { openingId } from '../../../workers/runtime/openingId';
import type { RunnerBatch } from '../../../workers/runtime/runnerBatch';
import type { StepRunner } from './drawWork';
import type { StepManifest } from './stepTypes';

type Caches = Record<string, Tensor>;

/** The cache row before all others, which nothing sees: an empty cache cannot be fed everywhere. */
const DUMMY_ROWS = 1;
const CACHES = ['spatial_key', 'spatial_value', 'temporal_key', 'temporal_value'] as const;

/** A session of such a graph. On a device the caches stay there between runs, as transformers.js
 *  keeps them. */
export function openPeerSession(
  runtime: OrtRuntime,
  bytes: Uint8Array,
  { architecture }: Pick<StepManifest, 'architecture'>,
): Promise<InferenceSession> {
  const caches = Array.from({ length: architecture.layers }, (_, layer) =>
    CACHES.map((cache) => [`present_${cache}_${layer}`, 'gpu-buffer'] as const),
  );
  const onDevice = { preferredOutputLocation: Object.fromEntries(caches.flat()) };
  return runtime.ort.InferenceSession.create(bytes, {
    executionProviders: runtime.providers('accelerator'),
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...(runtime.device && onDevice),
  });
}

export class GrowingRunner implements StepRunner {
  readonly ids: Int32Array;
  readonly hints: Int32Array;
  readonly #layouts: RegionLayout[];
  readonly #text: TextColumns;
  readonly #cells: number;
  readonly #outputs: string[];
  #caches: Caches = {};
  /** Spatial caches with the text alone: every frame starts from them. */
  #textOnly: Caches = {};
  /** The texts' summaries, in graphs that compute them once. */
  #summary: Tensor;

  constructor(
    private readonly ort: OrtModule,
    private readonly session: InferenceSession,
    private readonly manifest: StepManifest,
    private readonly batch: RunnerBatch,
  ) {
    const lengths = batch.texts.map((text) => text.length);
    this.#text = { slots: Math.max(1, ...lengths), lengths, boost: batch.textBoost };
    this.#layouts = patternLayouts(manifest.grid, batch.windows);
    this.#cells = manifest.grid ** 2;
    this.ids = new Int32Array(lengths.length);
    this.hints = new Int32Array(2 * lengths.length).fill(manifest.ids.nullHint);
    this.#outputs = session.outputNames.filter((name) =>
      /^(present_|logits$|new_summary$)/.test(name),
    );
    const { hidden } = manifest.architecture;
    this.#summary = new ort.Tensor('float32', new Float32Array(0), [0, 1, hidden]);
  }

  openingId(sequence: number, order: number): number {
    return openingId(this.batch, this.manifest.ids, sequence, order);
  }

  async prefill(given: readonly (readonly Int32Array[])[]): Promise<void> {
    const { manifest, batch } = this;
    const frames = given[0]!.length;
    const { spatial, temporal, rows } = prefillBiases(
      this.#text,
      this.#layouts,
      this.#cells,
      frames,
    );
    const order = batch.order.slice(0, frames);
    const places = prefillPositions(this.#text.slots, manifest.textLength, this.#cells, order);
    const ids = given.flatMap((sequence, index) => {
      const text = this.#padded(batch.texts[index]!);
      const inputs = sequence.map((tokens, frame) => [
        this.openingId(index, frame),
        ...tokens.subarray(0, this.#cells - 1),
      ]);
      return [...text, ...inputs.flat()];
    });
    const hints = new Int32Array(2 * ids.length).fill(manifest.ids.nullHint);
    const opening = Int32Array.from(
      given.flatMap((sequence, index) => [
        ...new Array<number>(this.#text.slots).fill(manifest.ids.beginOfImage),
        ...sequence.flatMap((tokens, frame) => [...tokens.map(() => this.openingId(index, frame))]),
      ]),
    );
    const positions = Int32Array.from(given.flatMap(() => [...places]));
    const row = { ids: Int32Array.from(ids), hints, opening, positions, spatial, temporal, rows };
    this.#caches = this.#dummies();
    await this.#run(this.#feeds(row));
    for (const [name, cache] of Object.entries(this.#caches)) {
      if (isSpatial(name)) this.#textOnly[name] = await this.#firstRows(cache);
    }
  }

  async step(order: number, cell: number): Promise<Float32Array> {
    if (cell === 0) this.#keep(this.#textOnly);
    const { manifest, batch } = this;
    const position = imagePosition(manifest.textLength, this.#cells, batch.order[order]!, cell);
    const positions = new Int32Array(this.ids.length).fill(position);
    const { ids, hints } = this;
    const opening = ids.map((_, sequence) => this.openingId(sequence, order));
    const { spatial, temporal } = this.#stepBiases(order, cell);
    return this.#run(this.#feeds({ ids, hints, opening, positions, spatial, temporal, rows: 1 }));
  }

  dispose(): void {
    Object.values(this.#caches).forEach(free);
    this.#caches = {};
  }

  /** Takes caches in the place of those of the same names. */
  #keep(caches: Caches): void {
    for (const name of Object.keys(caches)) free(this.#caches[name]);
    Object.assign(this.#caches, caches);
  }

  /** Runs the graph and takes its caches; returns the logits. */
  async #run(feeds: Caches): Promise<Float32Array> {
    const results = await this.session.run({ ...feeds, ...this.#caches }, this.#outputs);
    const caches = Object.entries(results).filter(([name]) => name.startsWith('present_'));
    this.#keep(
      Object.fromEntries(caches.map(([name, cache]) => [name.replace('present_', ''), cache])),
    );
    const summary = results['new_summary'];
    if (summary && summary.dims[0]! > 0) this.#summary = summary;
    return results['logits']!.data as Float32Array;
  }

  #feeds(row: {
    ids: Int32Array;
    hints: Int32Array;
    opening: Int32Array;
    positions: Int32Array;
    spatial: Float32Array;
    temporal: Float32Array;
    rows: number;
  }): Caches {
    const { Tensor } = this.ort;
    const [count, patterns, { rows }] = [this.ids.length, this.#layouts.length, row];
    const width = row.spatial.length / (count * rows);
    const across = row.temporal.length / (patterns * count * rows);
    const feeds: Caches = {
      ids: new Tensor('int32', row.ids, [count, rows]),
      hints: new Tensor('int32', row.hints, [count, rows, 2]),
      [OPENING]: new Tensor('int32', row.opening, [count, rows]),
      positions: new Tensor('int32', row.positions, [count, rows]),
      spatial_bias: new Tensor('float32', row.spatial, [count, 1, rows, width]),
      temporal_bias: new Tensor('float32', row.temporal, [patterns, count, 1, rows, across]),
      text: this.#textTensor(),
      summary: this.#summary,
      temporal_share: new Tensor('float32', new Float32Array(count).fill(1), [count, 1, 1]),
      [ROWS]: new Tensor('int32', Int32Array.of(rows - 1), [1]),
    };
    const wanted = Object.entries(feeds).filter(([name]) => this.session.inputNames.includes(name));
    return Object.fromEntries(wanted);
  }

  /** All texts; none once their summaries are there. */
  #textTensor(): Tensor {
    const texts = this.#summary.dims[0]! > 0 ? [] : this.batch.texts;
    const ids = texts.flatMap((text) => this.#padded(text));
    const shape = [texts.length, this.#text.slots];
    return new this.ort.Tensor('int32', Int32Array.from(ids), shape);
  }

  #padded(text: Int32Array): number[] {
    const padding = new Array<number>(this.#text.slots - text.length).fill(this.manifest.ids.pad);
    return [...text, ...padding];
  }

  /** Over every row of the caches so far, then the step's own. */
  #stepBiases(order: number, cell: number): { spatial: Float32Array; temporal: Float32Array } {
    const { lengths, slots } = this.#text;
    const start = DUMMY_ROWS + slots;
    const spatialRow = new Float32Array(start + cell + 1);
    const spatial = this.#rowsOf([spatialRow], lengths);
    const columns = order * this.#cells + cell + 1;
    const rows = this.#layouts.map(({ region }) => {
      const row = new Float32Array(start + columns);
      for (let column = 0; column < columns; column++) {
        if (region[column % this.#cells] !== region[cell]) row[start + column] = MASKED;
      }
      return row;
    });
    return { spatial, temporal: this.#rowsOf(rows, lengths) };
  }

  /** Each row once for every sequence, with the sequence's text columns. */
  #rowsOf(rows: readonly Float32Array[], lengths: readonly number[]): Float32Array {
    const width = rows[0]!.length;
    const biases = new Float32Array(rows.length * lengths.length * width);
    const { slots, boost } = this.#text;
    rows.forEach((row, pattern) => {
      lengths.forEach((length, sequence) => {
        const at = (pattern * lengths.length + sequence) * width;
        biases.set(row, at);
        biases.fill(MASKED, at, at + DUMMY_ROWS);
        biases.fill(boost, at + DUMMY_ROWS, at + DUMMY_ROWS + length);
        biases.fill(MASKED, at + DUMMY_ROWS + length, at + DUMMY_ROWS + slots);
      });
    });
    return biases;
  }

  #dummies(): Caches {
    const { heads, headDim } = this.manifest.architecture;
    const shape = [this.ids.length, heads, DUMMY_ROWS, headDim];
    const size = shape.reduce((product, side) => product * side, 1);
    const dummy = new this.ort.Tensor('float32', new Float32Array(size), shape);
    const names = this.session.inputNames.filter((name) => /^(spatial|temporal)_[kv]/.test(name));
    return Object.fromEntries(names.map((name) => [name, dummy]));
  }

  /** Dummy and text rows of a cache [sequences, heads, rows, headDim]. */
  async #firstRows(cache: Tensor): Promise<Tensor> {
    const [sequences = 0, heads = 0, rows = 0, width = 0] = cache.dims;
    const kept = DUMMY_ROWS + this.#text.slots;
    const from = (await cache.getData()) as Float32Array;
    const to = new Float32Array(sequences * heads * kept * width);
    for (let block = 0; block < sequences * heads; block++) {
      const start = block * rows * width;
      to.set(from.subarray(start, start + kept * width), block * kept * width);
    }
    return new this.ort.Tensor('float32', to, [sequences, heads, kept, width]);
  }
}

/** Gives a buffer of the device back; the memory of others is collected. */
function free(cache: Tensor | undefined): void {
  if (cache?.location === 'gpu-buffer') cache.dispose();
}

function isSpatial(name: string): boolean {
  return name.startsWith('spatial_');
}
