/** Decode steps of a window by the parallel schedule, for the model's windows and for others. */
import { markdownTable } from './markdownTable.mjs';

/**
 * @typedef {import('../../src/shared/manifest').TemporalWindow} TemporalWindow
 * @typedef {import('./steps/stepTypes').StepManifest} StepManifest
 *
 * @typedef {object} ScheduleRow
 * @property {string} what
 * @property {number} grid
 * @property {string} windows
 * @property {number} inOrder steps, one frame after the other
 * @property {number} parallel steps of the shortest schedule
 */

const KEY_FRAMES = { given: 0, frames: 5 };
const IN_BETWEEN = { given: 3, frames: 5 };

/**
 * The model's windows, those of CogVideo's release at its 20 x 20 cells,
 * and windows for the model's grid that are as low as a parallel schedule of key frames wants them.
 *
 * @param {StepManifest} manifest
 * @returns {{ what: string, grid: number, windows: TemporalWindow[], frames: import('../../workers/sampling/wavefront').WindowFrames }[]}
 */
function cases({ grid, keyframeWindows, interpolationWindows, sampling }) {
  const { keyFrameLag: lag } = sampling;
  const released = [0, 5].map((shift) => ({ height: 10, width: 10, shift }));
  const low = [
    { height: 3, width: 4, shift: 0 },
    { height: 2, width: grid, shift: 0 },
  ];
  const model = { what: 'model, key frames', grid, windows: keyframeWindows, frames: KEY_FRAMES };
  return [
    model,
    ...(lag
      ? [{ ...model, what: `model, ${lag} cells of lag`, frames: { ...KEY_FRAMES, lag } }]
      : []),
    { what: 'model, in-between', grid, windows: interpolationWindows, frames: IN_BETWEEN },
    { what: 'CogVideo, key frames', grid: 20, windows: [], frames: KEY_FRAMES },
    { what: 'CogVideo, in-between', grid: 20, windows: released, frames: IN_BETWEEN },
    { what: 'low windows, key frames', grid, windows: low, frames: KEY_FRAMES },
    { what: 'low windows, in-between', grid, windows: low, frames: IN_BETWEEN },
  ];
}

/**
 * @param {StepManifest} manifest
 * @param {typeof import('./steps/parallelSteps')} modules
 * @returns {ScheduleRow[]}
 */
export function scheduleRows(manifest, { parallelSteps }) {
  return cases(manifest).map(({ what, grid, windows, frames }) => ({
    what,
    grid,
    windows: windows.length === 0 ? 'none' : windows.map(windowName).join(', '),
    inOrder: (frames.frames - frames.given) * grid ** 2,
    parallel: parallelSteps(grid, windows, frames),
  }));
}

/** @param {TemporalWindow} window */
function windowName({ height, width, shift }) {
  return `${height}x${width}${shift === 0 ? '' : ` shifted by ${shift}`}`;
}

/**
 * @param {ScheduleRow[]} rows
 * @returns {string}
 */
export function scheduleTable(rows) {
  const head = [
    'steps of a window',
    'cells',
    'temporal windows',
    'frame after frame',
    'parallel',
    'cut by',
  ];
  const body = rows.map(({ what, grid, windows, inOrder, parallel }) => [
    what,
    `${grid}x${grid}`,
    windows,
    String(inOrder),
    String(parallel),
    (inOrder / parallel).toFixed(2),
  ]);
  return markdownTable([head, ...body]);
}
