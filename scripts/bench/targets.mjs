/** What the project wants of its speed, and whether a run's figures hold it. */
import { markdownTable } from './markdownTable.mjs';
import { median } from './median.mjs';

/**
 * @typedef {import('./compareSteps.mjs').StepComparison} StepComparison
 * @typedef {import('./measureGpu.mjs').GpuComparison} GpuComparison
 * @typedef {import('./measureRun.mjs').RunFigures} RunFigures
 *
 * @typedef {object} BenchFigures what a run may have measured
 * @property {RunFigures[]} [runs]
 * @property {StepComparison} [steps]
 * @property {GpuComparison} [webgpu]
 *
 * @typedef {{ where: string, value: number }} TargetFigure
 *
 * @typedef {object} Target
 * @property {string} name
 * @property {'most' | 'least'} bound
 * @property {number} wanted
 * @property {string} unit
 * @property {(figures: BenchFigures) => TargetFigure[]} figures one for each place where it is measured
 * @property {string} without why there may be no figure
 */

/** @type {Target[]} */
export const TARGETS = [
  {
    name: 'Whole clip',
    bound: 'most',
    wanted: 60,
    unit: 's',
    figures: ({ runs }) => ofRuns(runs, ({ timings }) => timings.total / 1000),
    without: 'part clip was not run',
  },
  {
    name: 'First key frame',
    bound: 'most',
    wanted: 8,
    unit: 's',
    figures: ({ runs }) => ofRuns(runs, ({ timings }) => timings.firstKeyFrame / 1000),
    without: 'part clip was not run',
  },
  {
    name: 'Decode step, speed of native onnxruntime',
    bound: 'least',
    wanted: 0.8,
    unit: 'times',
    figures: ({ steps }) => ofSteps(steps, 'native'),
    without: 'part steps was not run',
  },
  {
    name: "Decode step, speed of the peer's way on WASM",
    bound: 'least',
    wanted: 1.5,
    unit: 'times',
    figures: ({ steps }) => ofSteps(steps, 'peer'),
    without: 'part steps was not run',
  },
  {
    name: 'Steps of five key frames, cut by a parallel schedule',
    bound: 'least',
    wanted: 2.5,
    unit: 'times',
    figures: ({ runs, webgpu }) => [
      ...ofRuns(runs, ({ timings, gridCells }) => (5 * gridCells) / timings.keyframeSteps),
      ...ofWaves(webgpu),
    ],
    without: 'parts clip and webgpu were not run',
  },
  {
    name: 'Steps of a whole clip, against one cell a step',
    bound: 'least',
    wanted: 4,
    unit: 'times',
    figures: ({ runs }) =>
      ofRuns(
        runs,
        ({ timings, frames, gridCells }) =>
          (frames * gridCells) / (timings.keyframeSteps + timings.interpolationSteps),
      ),
    without: 'part clip was not run',
  },
  {
    name: "Decode step, speed of the peer's way on WebGPU",
    bound: 'least',
    wanted: 3,
    unit: 'times',
    figures: ({ webgpu }) => ofGpuSteps(webgpu),
    without: 'part webgpu was not run',
  },
  ...[
    { name: 'Whole clip on a graphics processor', bound: 'most', wanted: 4.1, unit: 's' },
    { name: 'Decode step on a graphics processor, over its floor', bound: 'most', wanted: 1.5 },
  ].map((target) => ({
    unit: 'times',
    ...target,
    bound: /** @type {Target['bound']} */ (target.bound),
    figures: () => [],
    without: 'needs a graphics processor',
  })),
];

/**
 * One row for every target and place: the figure, and by how much the target is missed.
 *
 * @param {BenchFigures} figures
 * @returns {string}
 */
export function targetsTable(figures) {
  const rows = TARGETS.flatMap((target) => {
    const { name, bound, wanted, unit } = target;
    const limit = `${bound === 'most' ? '<=' : '>='} ${wanted} ${unit}`;
    const found = target.figures(figures).filter(({ value }) => Number.isFinite(value));
    if (found.length === 0) return [[name, limit, '', '-', `not measured: ${target.without}`]];
    return found.map(({ where, value }) => [
      name,
      limit,
      where,
      `${value.toFixed(2)} ${unit}`,
      verdict(target, value),
    ]);
  });
  return markdownTable([['target', 'wanted', 'where', 'measured', 'verdict'], ...rows]);
}

/**
 * @param {Pick<Target, 'bound' | 'wanted' | 'unit'>} target
 * @param {number} value
 */
function verdict({ bound, wanted, unit }, value) {
  const over = bound === 'most' ? value - wanted : wanted - value;
  return over <= 0 ? 'holds' : `missed by ${over.toFixed(2)} ${unit}`;
}

/**
 * @param {RunFigures[] | undefined} runs
 * @param {(run: RunFigures) => number} value
 * @returns {TargetFigure[]}
 */
function ofRuns(runs = [], value) {
  return runs.map((run) => ({ where: run.backend, value: value(run) }));
}

/**
 * Speed of the app against another way's, of every work and number of threads.
 *
 * @param {StepComparison | undefined} steps
 * @param {'native' | 'peer'} way
 * @returns {TargetFigure[]}
 */
function ofSteps(steps, way) {
  return (steps?.rows ?? []).map(({ work, threads, figures }) => ({
    where: `${work}, ${threads} thread${threads === 1 ? '' : 's'}`,
    value: (figures[way]?.median ?? NaN) / (figures.wasm?.median ?? NaN),
  }));
}

/**
 * Cells of the key frames against the waves in which they are drawn in parallel.
 *
 * @param {GpuComparison | undefined} webgpu
 * @returns {TargetFigure[]}
 */
function ofWaves(webgpu) {
  return (webgpu?.measured ?? []).flatMap(({ work, waves, cells }) =>
    waves === undefined ? [] : [{ where: work, value: cells / waves }],
  );
}

/**
 * Speed of the app against the peer's way on a WebGPU adapter, of every work that both drew.
 *
 * @param {GpuComparison | undefined} webgpu
 * @returns {TargetFigure[]}
 */
function ofGpuSteps(webgpu) {
  if (webgpu === undefined) return [];
  const { adapter, measured } = webgpu;
  return measured
    .filter(({ way }) => way === 'peer')
    .map(({ work, stepMilliseconds }) => {
      const app = measured.find((own) => own.way === 'app' && own.work === work);
      return {
        where: `${work}, ${adapter}`,
        value: median(stepMilliseconds) / median(app?.stepMilliseconds ?? []),
      };
    });
}
