/** Progress, time left, timings and finished frames of one job. */
import type { GenerationResult, JobTimings, Progress } from '../../src/shared/protocol';
import { passesOfRound } from '../runtime/passesOn';
import type { StagePasses } from '../runtime/passesOn';
import { maskedRows } from '../sampling/maskedVisibility';
import { clipFrames, jobCells, roundCells, stepCounts, WINDOW_FRAMES } from '../sampling/schedule';
import { StageClock } from './stageClock';

/** Every report wakes the page, which takes processor time from the drawing. */
const REPORT_MILLISECONDS = 250;
/** Weight of the newest step in the running mean of step times. */
const NEWEST_WEIGHT = 0.05;

/** What a row of a pass takes, among many, of what a window's cell takes in a step. */
const ROW_OF_PASS = 0.25;

type DrawingStage = 'keyframes' | 'interpolate';

/** What a finished frame took. */
export interface FrameTimes {
  decodeMilliseconds: number;
  /** 0 without an upscaler. */
  upscaleMilliseconds: number;
}

export interface JobShape {
  rounds: number;
  cells: number;
  /** How many times the key frames are drawn. */
  candidates: number;
  passes: StagePasses;
}

export class JobMeter {
  readonly #started = performance.now();
  readonly #stepTimes: Record<DrawingStage, number[]> = { keyframes: [], interpolate: [] };
  readonly #frames = new Map<number, Int32Array>();
  readonly #decodeTimes: number[] = [];
  readonly #upscaleTimes: number[] = [];
  readonly #times = {
    tokenize: 0,
    firstRow: 0,
    firstKeyFrame: 0,
    keyFrames: 0,
    rounds: [] as number[],
  };
  readonly #clock = new StageClock();
  #stage: DrawingStage = 'keyframes';
  #round = 0;
  #stageStarted = 0;
  #stageCells = 0;
  #jobCells = 0;
  #stageSteps = 0;
  #stepMilliseconds = 0;
  #frameMilliseconds = 0;
  #sequences = 1;
  #cellsOfStep = 1;
  #reported = -Infinity;

  constructor(
    private readonly shape: JobShape,
    private readonly report: (progress: Progress) => void,
  ) {}

  /** The prompt is being tokenized. */
  beginTokenize(): void {
    this.#clock.begin('tokenize', 0);
    this.#tell('tokenize', 0);
  }

  /** A drawing stage begins; what came before is finished. */
  begin(stage: DrawingStage, round: number): void {
    if (stage === 'keyframes') this.#times.tokenize = this.#elapsed();
    this.#clock.begin(stage, round);
    this.#stage = stage;
    this.#round = round;
    this.#stageStarted = performance.now();
    this.#stageCells = 0;
    this.#stageSteps = 0;
    this.#stepMilliseconds = 0;
    this.#tell(stage, round);
  }

  /** All frames of the stage are drawn and decoded. */
  finishStage(): void {
    this.#clock.end();
    this.#reportCells();
    if (this.#stage === 'keyframes') this.#times.keyFrames = this.#elapsed();
    else this.#times.rounds.push(this.#elapsed());
  }

  /** One decode step drew one cell in each of `sequences` windows, or a pass over masked cells its
   *  share of `cells`. On the device a step's time is its share of the time between two grid rows. */
  step(sequences: number, milliseconds: number, cells = 1): void {
    this.#stepTimes[this.#stage].push(milliseconds);
    this.#clock.step(milliseconds);
    this.#sequences = sequences;
    this.#cellsOfStep = sequences * cells;
    this.#stageSteps++;
    const weight = Math.max(NEWEST_WEIGHT, 1 / this.#stageSteps);
    this.#stepMilliseconds += weight * (milliseconds - this.#stepMilliseconds);
    this.#stageCells += this.#cellsOfStep;
    this.#jobCells += this.#cellsOfStep;
    if (performance.now() - this.#reported >= REPORT_MILLISECONDS) this.#reportCells();
  }

  /** A frame was shown before it was finished. */
  preview(): void {
    this.#times.firstRow ||= this.#elapsed();
  }

  /** A frame is final. */
  frame(slot: number, tokens: Int32Array, times: FrameTimes): void {
    const { decodeMilliseconds, upscaleMilliseconds } = times;
    this.#clock.frame(slot, times);
    this.#frames.set(slot, tokens);
    this.#decodeTimes.push(decodeMilliseconds);
    this.#upscaleTimes.push(upscaleMilliseconds);
    this.#frameMilliseconds = decodeMilliseconds + upscaleMilliseconds;
    this.#times.firstKeyFrame ||= this.#elapsed();
  }

  result(outcome: GenerationResult['outcome'], keyRate: number): GenerationResult {
    const tokens = [...this.#frames]
      .sort(([a], [b]) => a - b)
      .map(([slot, ids]) => ({ slot, ids }));
    const slots = tokens.map(({ slot }) => slot);
    return { outcome, slots, timings: this.#timings(), keyRate, tokens };
  }

  #timings(): JobTimings {
    const { keyframes, interpolate } = this.#stepTimes;
    return {
      stages: this.#clock.stages(),
      ...this.#times,
      total: this.#elapsed(),
      keyframeSteps: keyframes.length,
      keyframeStepMilliseconds: median(keyframes),
      interpolationSteps: interpolate.length,
      interpolationStepMilliseconds: median(interpolate),
      decodeMilliseconds: median(this.#decodeTimes),
      upscaleMilliseconds: median(this.#upscaleTimes),
    };
  }

  #elapsed(): number {
    return performance.now() - this.#started;
  }

  #tell(stage: DrawingStage | 'tokenize', round: number): void {
    const framesInClip = round === 0 ? WINDOW_FRAMES : clipFrames(round);
    const { rounds } = this.shape;
    this.report({ kind: 'stage', stage, round, totalRounds: rounds, framesInClip });
  }

  #reportCells(): void {
    this.#reported = performance.now();
    const { rounds, cells, candidates } = this.shape;
    const seconds = (this.#reported - this.#stageStarted) / 1000;
    this.report({
      kind: 'cells',
      stage: this.#stage,
      round: this.#round,
      doneCells: this.#stageCells,
      totalCells: this.#cellsOfStage(),
      jobDoneCells: this.#jobCells,
      jobTotalCells: jobCells(rounds, cells, candidates),
      tokensPerSecond: seconds > 0 ? this.#stageCells / seconds : 0,
      secondsLeft: this.#millisecondsLeft() / 1000,
    });
  }

  #cellsOfStage(): number {
    const { cells, candidates } = this.shape;
    return this.#round === 0 ? candidates * WINDOW_FRAMES * cells : roundCells(this.#round, cells);
  }

  /** Steps to come at their expected times, and decoding of the frames to come. */
  #millisecondsLeft(): number {
    const { rounds } = this.shape;
    // As large as the batch now is: what does not fit into memory is drawn in turns.
    const stepsLeft = (this.#cellsOfStage() - this.#stageCells) / this.#cellsOfStep;
    let left = stepsLeft * this.#stepMilliseconds;
    for (let round = this.#round + 1; round <= rounds; round++) left += this.#expectedRound(round);
    const framesLeft = clipFrames(rounds) - this.#frames.size;
    return left + framesLeft * this.#frameMilliseconds;
  }

  #expectedRound(round: number): number {
    const { rounds, cells, passes } = this.shape;
    const passesOfThat = passesOfRound(passes, round);
    if (passesOfThat === 0) {
      return stepCounts(rounds, cells).round * this.#expectedStep(2 ** round);
    }
    // Every pass runs every cell, and no pass is without one.
    const count = Math.min(passesOfThat, maskedRows(cells));
    const row = (ROW_OF_PASS * this.#cellStep()) / this.#sequences;
    return count * roundCells(round, cells) * row;
  }

  /** A step is about half reading of weights, the same for any batch, and half work per window. */
  #expectedStep(sequences: number): number {
    return this.#cellStep() * (0.5 + (0.5 * sequences) / this.#sequences);
  }

  /** What one cell of every window of the present batch takes in a step; where it is drawn in
   *  passes, by what a pass takes, which is nearly all work per row. */
  #cellStep(): number {
    const { cells, passes } = this.shape;
    const [count, rows] =
      this.#stage === 'keyframes'
        ? [passes.keyframes, cells]
        : [passesOfRound(passes, this.#round), maskedRows(cells)];
    return count === 0 ? this.#stepMilliseconds : this.#stepMilliseconds / (rows * ROW_OF_PASS);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
