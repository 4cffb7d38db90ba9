/** Draws waves on the WebGPU device: no wave waits for another. */
import { uniform } from '../sampling/randomStream';
import type { Wave } from '../sampling/wavefront';
import { belowOne } from './codeDrawing';
import { DeviceWave } from './deviceWave';
import { copyTokens } from './memoryWaveDrawer';
import type { DrawingModel } from './tokenDrawer';
import type { DrawnWaves, WaveDrawer } from './waveDrawer';

/**
 * Reads tokens back after as many waves as a grid row has cells, where they are shown, and after the
 * last one. The waves run ahead of the device by one to two such rows: a row's end waits for the row
 * before.
 */
export class DeviceWaveDrawer implements WaveDrawer {
  readonly #device: GPUDevice;
  readonly #wave: DeviceWave;
  #begun = 0;
  /** Waves that are known to be finished. */
  #finished = 0;
  #rowBefore: Promise<number> | undefined;

  constructor(
    private readonly drawn: DrawnWaves,
    private readonly model: DrawingModel,
    device: GPUDevice,
  ) {
    const { runner, streams, guidance, sampling } = drawn;
    const { sequences, rows, cells, text, textLength, layouts, window } = runner;
    const { codes, ids, sampling: defaults } = model.manifest;
    this.#device = device;
    const batch = {
      ...{ windows: streams.length, sequences, rows, cells, text, textLength, layouts },
      lag: window.lag ?? 0,
      nullHint: ids.nullHint,
      drawing: {
        codes,
        guidance,
        floor: defaults.guidanceFloor ?? 0,
        temperature: sampling.temperature,
        topK: sampling.topK,
      },
    };
    const numbers = streams.flatMap((stream) =>
      Array.from({ length: rows * cells }, (_, index) => belowOne(uniform(stream, index))),
    );
    const opening = Int32Array.from({ length: sequences * rows }, (_, at) =>
      runner.openingId(Math.floor(at / rows), at % rows),
    );
    const start = { opening, numbers: Float32Array.from(numbers) };
    this.#wave = new DeviceWave(runner.runtime.ort, device, batch, start);
    runner.feed(this.#wave.feeds);
  }

  async draw(wave: Wave): Promise<number> {
    const { runner } = this.drawn;
    this.#wave.begin(wave);
    await runner.stepOnDevice(wave, (logits) => this.#wave.draw(logits));
    this.#begun++;
    const isLast = this.#begun === runner.waves.length;
    if (!isLast && this.#begun % this.model.manifest.grid !== 0) return this.#finished;
    const row = this.#finish(this.#begun, isLast);
    // It fails where it is waited for; nobody waits for the rows of an abandoned drawing.
    row.catch(() => undefined);
    const awaited = isLast ? row : this.#rowBefore;
    this.#rowBefore = row;
    if (awaited) this.#finished = await runner.runtime.exclusive(() => awaited);
    return this.#finished;
  }

  async settle(): Promise<void> {
    const { runtime } = this.drawn.runner;
    const before = this.#rowBefore;
    // What was read before must not come behind what is changed next.
    const all = Promise.all([this.#finish(this.#begun, true), before]);
    [this.#finished] = await runtime.exclusive(() => all);
    this.#rowBefore = undefined;
  }

  goOnFrom(best: number): void {
    copyTokens(this.drawn.tokens, best);
    this.#wave.goOnFrom(best);
  }

  dispose(): void {
    this.#wave.dispose();
  }

  /** Waits until the device has drawn the waves so far; `waves`, as many as they are.
   *  @param wanted whether their tokens are, though they are not shown. */
  async #finish(waves: number, wanted: boolean): Promise<number> {
    const { shown, tokens, runner } = this.drawn;
    if (!shown && !wanted) {
      await this.#device.queue.onSubmittedWorkDone();
      return waves;
    }
    const { cells } = runner;
    const all = await this.#wave.read();
    tokens.flat().forEach((own, frame) => {
      own.set(all.subarray(frame * cells, (frame + 1) * cells));
    });
    return waves;
  }
}
