/** Drawing the key frames of a batch in parallel: what the stages see of it. */
import type { CodeSampling } from '../sampling/codeSampler';
import type { Wave } from '../sampling/wavefront';
import { DeviceWaveDrawer } from './deviceWaveDrawer';
import { MemoryWaveDrawer } from './memoryWaveDrawer';
import type { DrawingModel } from './tokenDrawer';
import type { WaveRunner } from './waveRunner';

/** What is drawn together. Branch b of window w is sequence b * windows + w. */
export interface DrawnWaves {
  runner: WaveRunner;
  /** Key of each window's random stream. */
  streams: readonly number[];
  guidance: number;
  sampling: CodeSampling;
  /** Tokens [cells] of each window and frame, filled in while they are drawn. */
  tokens: readonly (readonly Int32Array[])[];
  /** Whether tokens are wanted before all waves are drawn. */
  shown: boolean;
}

/** All guidance branches of a window get the same tokens. */
export interface WaveDrawer {
  /**
   * Draws the runner's next wave in every window.
   *
   * @param wave from the runner's first on, one after the other.
   * @returns how many waves are known to be finished: all of them after the last one. Their tokens
   *   are in `tokens`, where they are shown or all are finished.
   */
  draw(wave: Wave): Promise<number>;
  /** Waits until the tokens of all waves so far are in `tokens`, so that one can choose from them. */
  settle(): Promise<void>;
  /** Every window goes on from all that window `best` has drawn; the runner's sequences must, too. */
  goOnFrom(best: number): void;
  dispose(): void;
}

/** The drawer for where the runner's graph leaves its logits. The caller disposes it. */
export function waveDrawer(drawn: DrawnWaves, model: DrawingModel): WaveDrawer {
  const { logitsInGpu, runtime } = drawn.runner;
  return logitsInGpu && runtime.device
    ? new DeviceWaveDrawer(drawn, model, runtime.device)
    : new MemoryWaveDrawer(drawn, model);
}
