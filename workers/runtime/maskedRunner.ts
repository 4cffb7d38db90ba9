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
import type { RunnerBatch, RunnerManifest } from './runnerBatch';

export class MaskedRunner {
  readonly #batch: MaskedBatch;
  /** Two ids of each row [sequences, 2C, 2]. */
  readonly #hints: Int32Array;
  readonly #pass: MaskedPass;

  constructor(graph: OnnxGraph, manifest: RunnerManifest, batch: RunnerBatch) {
    this.#batch = new MaskedBatch(graph, manifest, batch, GIVEN_FRAMES);
    const { text, layouts, cells, sequences } = this.#batch;
    this.#hints = new Int32Array(2 * sequences * maskedRows(cells));
    const { spatial, temporal } = maskedRowBiases(text, layouts, cells);
    const positions = maskedPositions(manifest.textLength, cells);
    const inputs = {
      hints: this.#hints,
      positions: this.#batch.ofAllSequences(positions),
      spatialBias: spatial,
      temporalBias: temporal,
    };
    this.#pass = new MaskedPass(this.#batch, inputs, this.#openingIds());
  }

  /** Runs text and given frames once and keeps their keys and values.
   *  @param given tokens [cells] of frames 0, 2 and 4 of each sequence. */
  async prefill(given: readonly (readonly Int32Array[])[]): Promise<void> {
    given.forEach((frames, sequence) => this.#fillHints(frames, sequence));
    await this.#batch.prefill(given);
  }

  /**
   * Predicts all cells of both wanted frames.
   *
   * @param tokens of each window, those of slot 1 first, NOT_DRAWN where hidden [2C]; every guidance
   *   branch reads them.
   * @returns logits [sequences, 2C, codes].
   */
  predict(tokens: readonly Int32Array[]): Promise<Float32Array> {
    return this.#pass.predict(tokens);
  }

  dispose(): void {
    this.#batch.dispose();
  }

  /** A cell's hints are its tokens in the frames before and after. */
  #fillHints(given: readonly Int32Array[], sequence: number): void {
    const { cells } = this.#batch;
    const rows = maskedRows(cells);
    for (let row = 0; row < rows; row++) {
      const frame = Math.floor(row / cells);
      const at = 2 * (sequence * rows + row);
      this.#hints[at] = given[frame]![row % cells]!;
      this.#hints[at + 1] = given[frame + 1]![row % cells]!;
    }
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
