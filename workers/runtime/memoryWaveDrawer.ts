/** Draws waves in JavaScript, from logits in main memory. */
import { codeSampler } from '../sampling/codeSampler';
import type { DrawCode } from '../sampling/codeSampler';
import { mixGuidance } from '../sampling/guidance';
import { uniform } from '../sampling/randomStream';
import { IDLE } from '../sampling/wavefront';
import type { Wave } from '../sampling/wavefront';
import { samplerMemory } from './memoryDrawer';
import type { DrawingModel } from './tokenDrawer';
import type { DrawnWaves, WaveDrawer } from './waveDrawer';

/** Gives every window the tokens that window `best` has. */
export function copyTokens(tokens: DrawnWaves['tokens'], best: number): void {
  for (const frames of tokens) {
    frames.forEach((own, frame) => {
      own.set(tokens[best]![frame]!);
    });
  }
}

/** Knows every wave's tokens as soon as it is drawn. */
export class MemoryWaveDrawer implements WaveDrawer {
  readonly #logits: Float64Array;
  readonly #drawCode: DrawCode;
  #finished = 0;

  constructor(
    private readonly drawn: DrawnWaves,
    private readonly model: DrawingModel,
  ) {
    const { manifest, clusters } = model;
    const { scratch, logits } = samplerMemory(manifest.codes);
    this.#logits = logits;
    this.#drawCode = codeSampler(drawn.sampling, manifest, clusters, scratch);
  }

  async draw(wave: Wave): Promise<number> {
    const { runner, streams, guidance, tokens } = this.drawn;
    const floor = this.model.manifest.sampling.guidanceFloor;
    this.#fillInputs(wave);
    const logits = await runner.step(wave);
    const { rows, cells } = runner;
    for (const [window, stream] of streams.entries()) {
      for (const [row, cell] of wave.entries()) {
        if (cell === IDLE) continue;
        const at = window * rows + row;
        const mixed = mixGuidance(logits, streams.length * rows, at, guidance, this.#logits, floor);
        tokens[window]![row]![cell] = this.#drawCode(mixed, uniform(stream, row * cells + cell));
      }
    }
    return ++this.#finished;
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  goOnFrom(best: number): void {
    copyTokens(this.drawn.tokens, best);
  }

  dispose(): void {
    // The garbage collector takes the arrays.
  }

  /** Ids and hints of the wave's rows, from the tokens before them; idle rows keep theirs. */
  #fillInputs(wave: Wave): void {
    const { runner, tokens } = this.drawn;
    const { nullHint } = this.model.manifest.ids;
    for (let sequence = 0; sequence < runner.sequences; sequence++) {
      const frames = tokens[sequence % tokens.length]!;
      for (const [row, cell] of wave.entries()) {
        if (cell === IDLE) continue;
        const at = sequence * runner.rows + row;
        const opening = runner.openingId(sequence, row);
        runner.ids[at] = cell === 0 ? opening : frames[row]![cell - 1]!;
        // As fillHints has them for key frames.
        runner.hints[2 * at] = frames[row - 1]?.[cell] ?? nullHint;
        runner.hints[2 * at + 1] = opening;
      }
    }
  }
}
