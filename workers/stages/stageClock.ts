/** Where a job's time goes, stage by stage; also as User Timing measures, which profilers show. */
import type { StageTiming } from '../../src/shared/protocol';
import type { FrameTimes } from './jobMeter';

/** Of the names of the measures: "flipbook:keyframes", "flipbook:interpolate 1", "flipbook:frame". */
export const MEASURE_PREFIX = 'flipbook:';

export class StageClock {
  readonly #stages: StageTiming[] = [];
  #started = 0;
  #open: StageTiming | undefined;

  /** A stage begins; an open one ends. */
  begin(stage: StageTiming['stage'], round: number): void {
    this.end();
    this.#started = performance.now();
    this.#open = {
      stage,
      round,
      milliseconds: 0,
      steps: 0,
      stepMilliseconds: 0,
      decodeMilliseconds: 0,
      upscaleMilliseconds: 0,
    };
  }

  step(milliseconds: number): void {
    if (!this.#open) return;
    this.#open.steps++;
    this.#open.stepMilliseconds += milliseconds;
  }

  /** A finished frame of clip slot `slot` was decoded just now. */
  frame(slot: number, { decodeMilliseconds, upscaleMilliseconds }: FrameTimes): void {
    const end = performance.now();
    const start = end - decodeMilliseconds - upscaleMilliseconds;
    performance.measure(`${MEASURE_PREFIX}frame`, { start, end, detail: { slot } });
    if (!this.#open) return;
    this.#open.decodeMilliseconds += decodeMilliseconds;
    this.#open.upscaleMilliseconds += upscaleMilliseconds;
  }

  /** The open stage, if there is one, is finished or given up. */
  end(): void {
    const stage = this.#open;
    if (!stage) return;
    this.#open = undefined;
    const end = performance.now();
    stage.milliseconds = end - this.#started;
    const name = `${MEASURE_PREFIX}${stage.stage}${stage.round > 0 ? ` ${stage.round}` : ''}`;
    performance.measure(name, { start: this.#started, end, detail: { ...stage } });
    this.#stages.push(stage);
  }

  /** The stages so far in order; an open one ends. */
  stages(): StageTiming[] {
    this.end();
    return this.#stages.map((stage) => ({ ...stage }));
  }
}
