/** Rows of every sequence that are predicted pass after pass; only their ids change in between. */
import { NOT_DRAWN } from '../sampling/maskedDrawing';
import { DeviceInputs } from './deviceInputs';
import { freeResults } from './freeResults';
import type { MaskedBatch, RowInputs } from './maskedBatch';
import type { Feeds, Results } from './ortRuntime';

export class MaskedPass {
  readonly #ids: Int32Array;
  readonly #feeds: Feeds;
  readonly #onDevice: DeviceInputs;

  /** @param hiddenIds of each sequence's rows while their cells are hidden [sequences, rows]. */
  constructor(
    private readonly batch: MaskedBatch,
    inputs: Omit<RowInputs, 'ids'>,
    private readonly hiddenIds: Int32Array,
  ) {
    this.#ids = new Int32Array(hiddenIds.length);
    const rows = hiddenIds.length / batch.sequences;
    const asked = Int32Array.from({ length: rows }, (_, row) => row);
    const feeds = batch.feeds({ ...inputs, ids: this.#ids }, asked);
    this.#onDevice = new DeviceInputs(batch.graph);
    this.#feeds = this.#onDevice.place(feeds);
  }

  /**
   * Predicts all rows.
   *
   * @param tokens of each window, NOT_DRAWN where hidden [rows]; every guidance branch reads them.
   * @returns logits [sequences, rows, codes].
   */
  async predict(tokens: readonly Int32Array[]): Promise<Float32Array> {
    const results = await this.#run(tokens);
    const logits = results['logits']!.data as Float32Array;
    freeResults(results);
    return logits;
  }

  /** As `PassRunner` says. */
  async predictOnDevice<Drawn>(
    tokens: readonly Int32Array[],
    use: (logits: GPUBuffer) => Promise<Drawn>,
  ): Promise<Drawn> {
    const results = await this.#run(tokens);
    const drawn = use(results['logits']!.gpuBuffer);
    // It fails where it is waited for, which may be behind other work.
    drawn.catch(() => undefined);
    freeResults(results);
    return this.batch.graph.runtime.exclusive(() => drawn);
  }

  dispose(): void {
    this.#onDevice.dispose();
  }

  #run(tokens: readonly Int32Array[]): Promise<Results> {
    const rows = tokens[0]!.length;
    for (let at = 0; at < this.#ids.length; at++) {
      const window = Math.floor(at / rows) % tokens.length;
      const token = tokens[window]![at % rows]!;
      this.#ids[at] = token === NOT_DRAWN ? this.hiddenIds[at]! : token;
    }
    // The pass's own keys are seen by no later one.
    return this.batch.graph.run(this.#feeds, ['logits']);
  }
}
