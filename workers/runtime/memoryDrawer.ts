/** Draws in JavaScript from logits in main memory: on WebAssembly, and by clusters everywhere. */
import { codeSampler } from '../sampling/codeSampler';
import type { DrawCode } from '../sampling/codeSampler';
import { mixGuidance } from '../sampling/guidance';
import { uniform } from '../sampling/randomStream';
import { samplerScratch } from '../sampling/sampleTopK';
import type { SamplerScratch } from '../sampling/sampleTopK';
import { fillInputs } from './fillInputs';
import type { DrawingModel, DrawnWindows, FrameToDraw, TokenDrawer } from './tokenDrawer';

/** Reused, so that a step allocates nothing. */
interface SamplerMemory {
  scratch: SamplerScratch;
  logits: Float64Array;
}

export function samplerMemory(codes: number): SamplerMemory {
  return { scratch: samplerScratch(codes), logits: new Float64Array(codes) };
}

/** Knows every cell's tokens as soon as it is drawn. */
export class MemoryDrawer implements TokenDrawer {
  readonly #memory: SamplerMemory;
  #frame!: FrameToDraw;
  #drawCode!: DrawCode;

  constructor(
    private readonly windows: DrawnWindows,
    private readonly model: DrawingModel,
  ) {
    this.#memory = samplerMemory(model.manifest.codes);
  }

  begin(frame: FrameToDraw): void {
    const { manifest, clusters } = this.model;
    this.#frame = frame;
    this.#drawCode = codeSampler(this.windows.sampling, manifest, clusters, this.#memory.scratch);
  }

  async draw(cell: number): Promise<number> {
    const frame = this.#frame;
    const { runner, streams, guidance } = this.windows;
    const floor = this.model.manifest.sampling.guidanceFloor;
    fillInputs(runner, frame, cell, this.model);
    const logits = await runner.step(frame.order, cell);
    streams.forEach((stream, window) => {
      const mixed = this.#memory.logits;
      const row = mixGuidance(logits, streams.length, window, guidance, mixed, floor);
      const u = uniform(stream, frame.firstIndex + cell);
      frame.tokens[window]![cell] = this.#drawCode(row, u);
    });
    return cell + 1;
  }

  dispose(): void {
    // The garbage collector takes the arrays.
  }
}
