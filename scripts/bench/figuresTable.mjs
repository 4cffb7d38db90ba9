import { markdownTable } from './markdownTable.mjs';

/**
 * The figures of runs side by side, as a Markdown table.
 *
 * @param {import('./measureRun.mjs').RunFigures[]} runs
 * @returns {string}
 */
export function figuresTable(runs) {
  const rows = ROWS.map(({ name, value }) => [name, ...runs.map(value)]);
  const rounds = Math.max(...runs.map(({ timings }) => timings.rounds.length));
  const at = rows.findIndex(([name]) => name === 'Five key frames') + 1;
  const roundRows = Array.from({ length: rounds }, (_, round) => [
    `Round ${round + 1} (${4 * 2 ** (round + 1) + 1} frames)`,
    ...runs.map(({ timings }) => seconds(timings.rounds[round])),
  ]);
  rows.splice(at, 0, ...roundRows);
  return markdownTable([['', ...runs.map(({ backend }) => backend)], ...rows]);
}

/** @type {{ name: string, value: (run: import('./measureRun.mjs').RunFigures) => string }[]} */
const ROWS = [
  { name: 'Download, model', value: ({ firstVisit }) => megabytes(firstVisit.modelBytes) },
  {
    name: 'Download, upscaler alone',
    value: ({ firstVisit }) => megabytes(firstVisit.upscalerBytes),
  },
  { name: 'Download, app', value: ({ firstVisit }) => megabytes(firstVisit.appBytes) },
  {
    name: 'First visit: something to see',
    value: ({ firstVisit }) => seconds(firstVisit.firstPaint),
  },
  { name: 'First visit: ready to draw', value: ({ firstVisit }) => seconds(firstVisit.ready) },
  { name: 'Next visit: ready to draw', value: ({ nextVisit }) => seconds(nextVisit.ready) },
  {
    name: 'Key frames, one decode step',
    value: ({ timings }) => milliseconds(timings.keyframeStepMilliseconds),
  },
  { name: 'Key frames, tokens/s', value: (run) => rate(run.keyframeTokensPerSecond) },
  {
    name: 'In-between frames, one decode step or pass',
    value: ({ timings }) => milliseconds(timings.interpolationStepMilliseconds),
  },
  { name: 'In-between frames, tokens/s', value: (run) => rate(run.interpolationTokensPerSecond) },
  { name: 'Decoding one frame', value: ({ timings }) => milliseconds(timings.decodeMilliseconds) },
  {
    name: 'Enlarging one frame',
    value: ({ timings }) => milliseconds(timings.upscaleMilliseconds),
  },
  { name: 'First row of a frame', value: ({ timings }) => seconds(timings.firstRow) },
  { name: 'First key frame', value: ({ timings }) => seconds(timings.firstKeyFrame) },
  { name: 'Five key frames', value: ({ timings }) => seconds(timings.keyFrames) },
  { name: 'Whole clip', value: ({ timings }) => seconds(timings.total) },
  { name: 'Export MP4', value: (run) => seconds(run.export.milliseconds) },
  { name: 'MP4', value: (run) => megabytes(run.export.bytes) },
  { name: 'Peak memory, page process', value: ({ peakMemory }) => megabytes(peakMemory.tab) },
  {
    name: 'Peak memory, whole browser',
    value: ({ peakMemory }) => megabytes(peakMemory.allProcesses),
  },
  {
    name: 'Memory of the page after the last clip',
    value: ({ pageMemory }) => megabytes(pageMemory.at(-1)),
  },
];

const NONE = '-';

/** @param {number | null | undefined} bytes */
function megabytes(bytes) {
  return bytes === null || bytes === undefined ? NONE : `${(bytes / 1e6).toFixed(2)} MB`;
}

/** @param {number | undefined} time in milliseconds; of rounds, from the start of the job */
function seconds(time) {
  return time === undefined ? NONE : `${(time / 1000).toFixed(2)} s`;
}

/** @param {number} time in milliseconds */
function milliseconds(time) {
  return `${time.toFixed(2)} ms`;
}

/** @param {number} value */
function rate(value) {
  return Number.isFinite(value) ? value.toFixed(0) : NONE;
}
