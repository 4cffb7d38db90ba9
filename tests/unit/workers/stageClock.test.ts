import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StageClock } from '../../../workers/stages/stageClock';

const none = { decodeMilliseconds: 0, upscaleMilliseconds: 0 };

describe('the clock of a job', () => {
  let now = 0;
  beforeEach(() => {
    now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    performance.clearMeasures();
  });
  afterEach(() => vi.restoreAllMocks());

  it('adds up what belongs to each stage, and ends a stage where the next begins', () => {
    const clock = new StageClock();
    clock.begin('tokenize', 0);
    now = 1010;
    clock.begin('keyframes', 0);
    now = 1090;
    clock.step(30);
    clock.step(20);
    clock.frame(8, { decodeMilliseconds: 7, upscaleMilliseconds: 5 });
    clock.end();
    now = 1100;
    clock.begin('interpolate', 2);
    now = 1160;
    const parts = { steps: 0, stepMilliseconds: 0, ...none };
    expect(clock.stages()).toEqual([
      { stage: 'tokenize', round: 0, milliseconds: 10, ...parts },
      {
        stage: 'keyframes',
        round: 0,
        milliseconds: 80,
        steps: 2,
        stepMilliseconds: 50,
        decodeMilliseconds: 7,
        upscaleMilliseconds: 5,
      },
      { stage: 'interpolate', round: 2, milliseconds: 60, ...parts },
    ]);
  });

  it('leaves measures of stages and frames for profilers', () => {
    const clock = new StageClock();
    clock.begin('interpolate', 1);
    now = 1040;
    clock.frame(4, { decodeMilliseconds: 10, upscaleMilliseconds: 5 });
    now = 1050;
    clock.end();
    clock.end();
    const measures = performance.getEntriesByType('measure') as PerformanceMeasure[];
    const seen = measures.map(({ name, startTime, duration }) => [name, startTime, duration]);
    expect(seen).toContainEqual(['flipbook:frame', 1025, 15]);
    expect(seen).toContainEqual(['flipbook:interpolate 1', 1000, 50]);
    expect(seen).toHaveLength(2);
  });

  it('what is told outside of any stage is not lost on a wrong one', () => {
    const clock = new StageClock();
    clock.step(5);
    clock.frame(0, { decodeMilliseconds: 1, upscaleMilliseconds: 1 });
    expect(clock.stages()).toEqual([]);
  });
});
