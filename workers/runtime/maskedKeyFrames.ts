/**
 * Runs a key frame graph over a batch of candidates whose frames are drawn in passes, one after the
 * other: prefill of the text, then for every frame passes that predict all its cells, and a run that
 * puts the finished frame into the caches, as drawing it cell by cell would have; the twin of
 * training/transformer/masked_key_frames.py.
 */
import { keyFrameBiases, keyFramePositions } from '../sampling/keyFrameVisibility';
import type { RowOrder } from '../sampling/keyFrameVisibility';
import { MaskedBatch } from './maskedBatch';
import type { RowInputs } from './maskedBatch';
import { MaskedPass } from './maskedPass';
import type { OnnxGraph } from './onnxGraph';
import type { OrtRuntime } from './ortRuntime';
import type { PassRunner } from './passDrawer';
import type { RunnerBatch, RunnerManifest } from './runnerBatch';

/** The frame that is being drawn. */
interface OpenFrame {
  /** How many frames are finished. */
  order: number;
  /** The id that opens the frame, of each row [sequences, C]. */
  opening: Int32Array;
  /** Of each row [sequences, C, 2]. */
  hints: Int32Array;
  /** [sequences, C] */
  positions: Int32Array;
  pass: MaskedPass;
}

export class MaskedKeyFrames implements PassRunner {
  readonly #batch: MaskedBatch;
  #frame: OpenFrame | undefined;

  constructor(
    private readonly graph: OnnxGraph,
    private readonly manifest: RunnerManifest,
    private readonly sequences: RunnerBatch,
  ) {
    this.#batch = new MaskedBatch(graph, manifest, sequences, 0);
  }

  get runtime(): OrtRuntime {
    return this.graph.runtime;
  }

  get logitsInGpu(): boolean {
    return this.graph.inGpu.has('logits');
  }

  /** Runs the texts once and keeps their keys and values. */
  prefill(): Promise<void> {
    return this.#batch.prefill(this.sequences.texts.map(() => []));
  }

  /**
   * Makes ready for the passes of a frame; those before it must be finished.
   *
   * @param order how many frames come before it.
   * @param before tokens [cells] of the frame before of each candidate; none for the first frame.
   */
  begin(order: number, before: readonly Int32Array[]): void {
    this.#close();
    const { sequences, cells } = this.#batch;
    const opening = Array.from({ length: sequences }, (_, sequence) =>
      this.#batch.openingId(sequence, order),
    );
    const slot = this.sequences.order[order]!;
    // A hidden cell reads what opens its frame.
    const hiddenIds = Int32Array.from(
      { length: sequences * cells },
      (_, at) => opening[Math.floor(at / cells)]!,
    );
    const rows = {
      hints: this.#hintsOf(before, opening),
      opening: hiddenIds,
      positions: this.#batch.ofAllSequences(
        keyFramePositions(this.manifest.textLength, cells, slot),
      ),
    };
    const pass = new MaskedPass(
      this.#batch,
      { ...rows, ...this.#biases(order, 'pass') },
      hiddenIds,
    );
    this.#frame = { order, ...rows, pass };
  }

  /**
   * Predicts all cells of the frame.
   *
   * @param tokens of each candidate, NOT_DRAWN where hidden [cells]; every guidance branch reads them.
   * @returns logits [sequences, C, codes].
   */
  predict(tokens: readonly Int32Array[]): Promise<Float32Array> {
    return this.#open().pass.predict(tokens);
  }

  predictOnDevice<Drawn>(
    tokens: readonly Int32Array[],
    use: (logits: GPUBuffer) => Promise<Drawn>,
  ): Promise<Drawn> {
    return this.#open().pass.predictOnDevice(tokens, use);
  }

  /** Puts the frame's keys and values behind those of the frames before.
   *  @param tokens of each candidate, all drawn [cells]. */
  async finish(tokens: readonly Int32Array[]): Promise<void> {
    const { order, opening, hints, positions } = this.#open();
    const { cache, cells } = this.#batch;
    // The last token of a frame is never an input: the next frame begins with its own id.
    const ids = opening.slice();
    for (let sequence = 0; sequence < this.#batch.sequences; sequence++) {
      const own = tokens[sequence % tokens.length]!;
      ids.set(own.subarray(0, -1), sequence * cells + 1);
    }
    const inputs = { ids, hints, opening, positions, ...this.#biases(order, 'finish') };
    const feeds = this.#batch.feeds(inputs, Int32Array.of(cells - 1));
    cache.appendFrame(await this.graph.run(feeds, cache.frameOutputs()));
    this.#close();
  }

  dispose(): void {
    this.#close();
    this.#batch.dispose();
  }

  #close(): void {
    this.#frame?.pass.dispose();
    this.#frame = undefined;
  }

  #open(): OpenFrame {
    if (!this.#frame) throw new RangeError('no frame was begun');
    return this.#frame;
  }

  #biases(order: number, rows: RowOrder): Pick<RowInputs, 'spatialBias' | 'temporalBias'> {
    const { text, layouts, cells } = this.#batch;
    const { spatial, temporal } = keyFrameBiases(text, layouts, cells, order, rows);
    return { spatialBias: spatial, temporalBias: temporal };
  }

  /** A cell's hints are its token in the frame before, and the id that opens the frame, as when it
   *  is drawn by itself. */
  #hintsOf(before: readonly Int32Array[], opening: readonly number[]): Int32Array {
    const { sequences, cells } = this.#batch;
    const hints = new Int32Array(2 * sequences * cells);
    for (let row = 0; row < sequences * cells; row++) {
      const sequence = Math.floor(row / cells);
      const frame = before[sequence % before.length];
      hints[2 * row] = frame?.[row % cells] ?? this.manifest.ids.nullHint;
      hints[2 * row + 1] = opening[sequence]!;
    }
    return hints;
  }
}
