/** Draws on the WebGPU device: ids stay there for a whole frame, and no step waits for another. */
import { uniform } from '../sampling/randomStream';
import { belowOne } from './codeDrawing';
import { DeviceSampler } from './deviceSampler';
import { fillHints } from './fillInputs';
import type { DrawingModel, DrawnWindows, FrameToDraw, TokenDrawer } from './tokenDrawer';

/**
 * The hints of a cell come from main memory, as all other inputs but the ids: all of a frame are known
 * before it begins.
 *
 * Reads tokens back after every grid row of a frame that is shown, and after the last cell. The
 * steps run ahead of the device by one to two rows: a row's end waits for the row before.
 */
export class DeviceDrawer implements TokenDrawer {
  readonly #device: GPUDevice;
  readonly #sampler: DeviceSampler;
  #frame!: FrameToDraw;
  /** Cells that are known to be finished. */
  #finished = 0;
  #rowBefore: Promise<number> | undefined;

  constructor(
    private readonly windows: DrawnWindows,
    private readonly model: DrawingModel,
    device: GPUDevice,
  ) {
    const { runner, streams, guidance, sampling } = windows;
    const { codes, sampling: defaults } = model.manifest;
    this.#device = device;
    this.#sampler = new DeviceSampler(runner.runtime.ort, device, {
      windows: streams.length,
      sequences: runner.ids.length,
      codes,
      cells: this.#cells,
      guidance,
      floor: defaults.guidanceFloor ?? 0,
      temperature: sampling.temperature,
      topK: sampling.topK,
    });
    runner.feedIds(this.#sampler.ids);
  }

  begin(frame: FrameToDraw): void {
    const { order, firstIndex } = frame;
    const { runner, streams } = this.windows;
    this.#frame = frame;
    this.#finished = 0;
    this.#rowBefore = undefined;
    const numbers = streams.flatMap((stream) =>
      Array.from({ length: this.#cells }, (_, cell) =>
        belowOne(uniform(stream, firstIndex + cell)),
      ),
    );
    this.#sampler.begin({
      ids: Int32Array.from(runner.ids, (_, sequence) => runner.openingId(sequence, order)),
      numbers: Float32Array.from(numbers),
    });
  }

  async draw(cell: number): Promise<number> {
    const { runner } = this.windows;
    fillHints(runner, this.#frame, cell, this.model.manifest.ids);
    await runner.stepOnDevice(this.#frame.order, cell, (logits) => this.#sampler.draw(logits));
    const drawn = cell + 1;
    if (drawn % this.model.manifest.grid !== 0) return this.#finished;
    const row = this.#finish(drawn);
    // It fails where it is waited for; nobody waits for the rows of an abandoned frame.
    row.catch(() => undefined);
    const awaited = drawn === this.#cells ? row : this.#rowBefore;
    this.#rowBefore = row;
    if (awaited) this.#finished = await runner.runtime.exclusive(() => awaited);
    return this.#finished;
  }

  dispose(): void {
    this.#sampler.dispose();
  }

  get #cells(): number {
    return this.model.manifest.grid ** 2;
  }

  /** Waits until the device has drawn the frame's cells so far; `cells`, as many as they are. */
  async #finish(cells: number): Promise<number> {
    const { shown, tokens } = this.#frame;
    if (shown || cells === this.#cells) {
      const rows = await this.#sampler.read();
      rows.forEach((row, window) => tokens[window]!.set(row.subarray(0, cells)));
    } else {
      await this.#device.queue.onSubmittedWorkDone();
    }
    return cells;
  }
}
