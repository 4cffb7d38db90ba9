import type { TemporalWindow } from '../../../src/shared/manifest';
import { patternLayouts } from '../../../workers/sampling/visibility';
import { wavefrontSchedule } from '../../../workers/sampling/wavefront';
import type { WindowFrames } from '../../../workers/sampling/wavefront';

/** Decode steps of one window when its frames are drawn as early as their cells allow. */
export function parallelSteps(
  grid: number,
  windows: readonly TemporalWindow[],
  frames: WindowFrames,
): number {
  return wavefrontSchedule(patternLayouts(grid, windows), frames).length;
}
