/**
 * Runs an interpolation graph over a batch of windows whose cells are masked: prefill of text and given
 * frames, then passes that predict both wanted frames at once; the twin of
 * training/transformer/masked_decoder.py.
 */
import {
  maskedPositions,
  maskedRowBiases,
  maskedRows,
  WANTED_SLOTS,
} from '../sampling/maskedVisibility';
import { GIVEN_FRAMES } from '../sampling/schedule';
import { MaskedBatch } from './maskedBatch';
import { MaskedPass } from './maskedPass';
import type { OnnxGraph } from './onnxGraph';
import type { OrtRuntime } from './ortRuntime';
import type { PassRunner } from './passDrawer';
import type { RunnerBatch, RunnerManifest } from './runnerBatch';

export class MaskedRunner implements PassRunner {
  readonly #batch: MaskedBatch;
  #pass: MaskedPass | undefined;

  constructor(
    private readonly graph: OnnxGraph,
    private readonly manifest: RunnerManifest,
    batch: RunnerBatch,
  ) {
    this.#batch = new MaskedBatch(graph, manifest, batch, GIVEN_FRAMES);
  }

  get runtime(): OrtRuntime {
    return this.graph.runtime;
  }

  get logitsInGpu(): boolean {
    return this.graph.inGpu.has('logits');
  }

  /** Runs text and given frames once, keeps their keys and values, and makes ready for the passes.
   *  @param given tokens [cells] of frames 0, 2 and 4 of each sequence. */
  async prefill(given: readonly (readonly Int32Array[])[]): Promise<void> {
    await this.#batch.prefill(given);
    const { text, layouts, cells } = this.#batch;
    const { spatial, temporal } = maskedRowBiases(text, layouts, cells);
    const opening = this.#openingIds();
    const inputs = {
      hints: this.#hintsOf(given),
      opening,
      positions: this.#batch.ofAllSequences(maskedPositions(this.manifest.textLength, cells)),
      spatialBias: spatial,
      temporalBias: temporal,
    };
    // A hidden cell reads what opens its frame.
    this.#pass = new MaskedPass(this.#batch, inputs, opening);
  }

  /**
   * Predicts all cells of both wanted frames.
   *
   * @param tokens of each window, those of slot 1 first, NOT_DRAWN where hidden [2C]; every guidance
   *   branch reads them.
   * @returns logits [sequences, 2C, codes].
   */
  predict(tokens: readonly Int32Array[]): Promise<Float32Array> {
    return this.#ready().predict(tokens);
  }

  predictOnDevice<Drawn>(
    tokens: readonly Int32Array[],
    use: (logits: GPUBuffer) => Promise<Drawn>,
  ): Promise<Drawn> {
    return this.#ready().predictOnDevice(tokens, use);
  }

  dispose(): void {
    this.#pass?.dispose();
    this.#batch.dispose();
  }

  #ready(): MaskedPass {
    if (!this.#pass) throw new RangeError('the given frames were not run');
    return this.#pass;
  }

  /** A cell's hints are its tokens in the frames before and after.
   *  @returns two ids of each row [sequences, 2C, 2]. */
  #hintsOf(given: readonly (readonly Int32Array[])[]): Int32Array {
    const { cells } = this.#batch;
    const rows = maskedRows(cells);
    const hints = new Int32Array(2 * given.length * rows);
    given.forEach((frames, sequence) => {
      for (let row = 0; row < rows; row++) {
        const frame = Math.floor(row / cells);
        const at = 2 * (sequence * rows + row);
        hints[at] = frames[frame]![row % cells]!;
        hints[at + 1] = frames[frame + 1]![row % cells]!;
      }
    });
    return hints;
  }

  #openingIds(): Int32Array {
    const { sequences, cells } = this.#batch;
    const ids = new Int32Array(sequences * maskedRows(cells));
    for (let sequence = 0; sequence < sequences; sequence++) {
      WANTED_SLOTS.forEach((_, frame) => {
        const id = this.#batch.openingId(sequence, GIVEN_FRAMES + frame);
        const start = sequence * maskedRows(cells) + frame * cells;
        ids.fill(id, start, start + cells);
      });
    }
    return ids;
  }
}
