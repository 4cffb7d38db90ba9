/** Checks an unknown `manifest.json` against format 1. Trust begins where this function returns. */
import { fail, ManifestReader } from './manifestReader';
import type { Json } from './manifestReader';
import {
  CANDIDATE_CHOICES,
  MANIFEST_FORMAT,
  MOST_CANDIDATES,
  OPTIONAL_GRAPHS,
  REQUIRED_GRAPHS,
  TEMPORAL_SHARE,
} from './manifest';
import type {
  ArchitectureManifest,
  GraphManifest,
  ModelManifest,
  PromptTexts,
  SamplingDefaults,
  SpecialIds,
  TemporalWindow,
} from './manifest';
import { parseCard } from './parseCard';
import { readClusters, readFirstFrame, readTemperature } from './readCodeSampling';
import { checkPasses, readPasses } from './readPasses';
import { readModelFile } from './readModelFile';

/** Interpolation rounds beyond which a clip would not fit a tab. */
const MOST_ROUNDS = 6;

/** @throws FlipbookError InvalidManifest naming field, rule, value and remedy. */
export function parseManifest(value: unknown): ModelManifest {
  const root = ManifestReader.of(value);
  checkFormat(root.value['format']);
  const numbers = readNumbers(root);
  const graphs = readGraphs(root.child('graphs'));
  const manifest: ModelManifest = {
    format: MANIFEST_FORMAT,
    id: root.text('id'),
    title: root.text('title'),
    version: root.text('version'),
    license: root.text('license'),
    credits: root.textList('credits'),
    languages: root.textList('languages'),
    ...numbers,
    ...readUpscaledPixels(root, numbers.pixels, graphs),
    rates: root.list('rates', 1, (rate) => ({
      framesPerSecond: rate.positive('framesPerSecond'),
      durationText: rate.text('durationText'),
    })),
    rateRules: root.list('rateRules', 0, (rule) => ({
      words: rule.textList('words'),
      framesPerSecond: rule.positive('framesPerSecond'),
    })),
    defaultKeyRate: root.positive('defaultKeyRate'),
    ...(root.has('promptTexts') ? { promptTexts: readPromptTexts(root.child('promptTexts')) } : {}),
    ids: readIds(root.child('ids'), numbers.codes),
    ...readStoryboard(root, numbers.codes, graphs),
    keyframeWindows: root.list('keyframeWindows', 0, readWindow),
    interpolationWindows: root.list('interpolationWindows', 0, readWindow),
    architecture: readArchitecture(root.child('architecture')),
    sampling: readSampling(root.child('sampling'), numbers, graphs),
    examples: root.list('examples', 0, (example) => ({
      text: example.text('text'),
      language: example.oneOf('language', ['en', 'zh']),
    })),
    knownWords: {
      en: root.child('knownWords').textList('en'),
      zh: root.child('knownWords').textList('zh'),
    },
    ...(root.has('release')
      ? { release: { asReleased: root.child('release').boolean('asReleased') } }
      : {}),
    graphs,
    training: readTraining(root.child('training')),
    ...(root.has('card') ? { card: parseCard(root.child('card')) } : {}),
  };
  checkRates(manifest);
  checkFirstFrame(manifest);
  checkStoryboard(manifest);
  checkPasses(manifest);
  return manifest;
}

function checkFormat(format: Json | undefined): void {
  if (format === MANIFEST_FORMAT) return;
  fail(
    'format',
    `must be ${MANIFEST_FORMAT}`,
    format,
    'Reload the page to get the newest app, or export the model again with this version of the exporter.',
  );
}

function readNumbers(root: ManifestReader) {
  const numbers = {
    grid: root.integer('grid', 1, 256),
    pixels: root.integer('pixels', 1, 4096),
    codes: root.integer('codes', 1, 1 << 20),
    windowFrames: root.integer('windowFrames', 5, 5),
    maxRounds: root.integer('maxRounds', 0, MOST_ROUNDS),
    playbackFramesPerSecond: root.positive('playbackFramesPerSecond'),
    textLength: root.integer('textLength', 1, 4096),
    maxCodePoints: root.integer('maxCodePoints', 1, 1 << 16),
  };
  if (numbers.pixels % numbers.grid !== 0) {
    fail('pixels', `must be a multiple of grid (${numbers.grid})`, numbers.pixels);
  }
  return numbers;
}

/** Stated exactly where there is an upscaler. */
function readUpscaledPixels(
  root: ManifestReader,
  pixels: number,
  { upscaler }: ModelManifest['graphs'],
): Pick<ModelManifest, 'upscaledPixels'> {
  if (!upscaler) {
    const stated = root.value['upscaledPixels'];
    if (stated === undefined) return {};
    return fail('upscaledPixels', 'needs graphs.upscaler', stated);
  }
  const upscaledPixels = root.integer('upscaledPixels', pixels + 1, 4096);
  if (upscaledPixels % pixels !== 0) {
    fail('upscaledPixels', `must be a multiple of pixels (${pixels})`, upscaledPixels);
  }
  return { upscaledPixels };
}

function readPromptTexts(texts: ManifestReader): PromptTexts {
  return {
    firstFrameSuffix: texts.text('firstFrameSuffix'),
    guidedSuffix: texts.text('guidedSuffix'),
    unconditional: texts.text('unconditional'),
  };
}

/** Special ids lie above the image codes; the decoder could not draw them. */
function readIds(ids: ManifestReader, codes: number): SpecialIds {
  const id = (name: string): number => ids.integer(name, codes, 2 ** 31 - 1);
  return {
    textOffset: id('textOffset'),
    pad: id('pad'),
    unknown: id('unknown'),
    lineBreak: id('lineBreak'),
    beginOfImage: id('beginOfImage'),
    nullHint: id('nullHint'),
  };
}

/** Names of stages, at most where a graph plans them. */
function readStoryboard(
  root: ManifestReader,
  codes: number,
  graphs: ModelManifest['graphs'],
): Pick<ModelManifest, 'storyboard'> {
  if (!root.has('storyboard')) return {};
  if (!graphs.storyboard) {
    return fail('storyboard', 'needs graphs.storyboard', root.value['storyboard']);
  }
  const storyboard = root.child('storyboard');
  const stages = storyboard.list('stages', 1, (stage) => ({
    id: stage.integer('id', codes, 2 ** 31 - 1),
    en: stage.text('en'),
    zh: stage.text('zh'),
  }));
  if (!storyboard.has('idsPerStage')) return { storyboard: { stages } };
  return { storyboard: { idsPerStage: storyboard.integer('idsPerStage', 1, 2 ** 16), stages } };
}

function readWindow(window: ManifestReader): TemporalWindow {
  return {
    height: window.integer('height', 1, 256),
    width: window.integer('width', 1, 256),
    shift: window.integer('shift', 0, 256),
  };
}

function readArchitecture(architecture: ManifestReader): ArchitectureManifest {
  return {
    layers: architecture.integer('layers', 1, 1024),
    hidden: architecture.integer('hidden', 1, 1 << 20),
    heads: architecture.integer('heads', 1, 1024),
    headDim: architecture.integer('headDim', 1, 4096),
    previousFrameHint: architecture.boolean('previousFrameHint'),
    copyGate: architecture.boolean('copyGate'),
    norm: architecture.oneOf('norm', ['layer', 'rms']),
    sandwich: architecture.boolean('sandwich'),
  };
}

function readSampling(
  sampling: ManifestReader,
  { codes, grid }: Pick<ModelManifest, 'codes' | 'grid'>,
  graphs: ModelManifest['graphs'],
): SamplingDefaults {
  const clusters = readClusters(sampling, codes);
  return {
    ...readTemperature(sampling, clusters),
    ...(clusters ? { clusters } : {}),
    ...readFirstFrame(sampling, clusters),
    guidance: sampling.number('guidance', 1, 100),
    ...(sampling.value['guidanceFloor'] === undefined
      ? {}
      : { guidanceFloor: sampling.number('guidanceFloor', 0, 1) }),
    interpolationGuidance: sampling.number('interpolationGuidance', 1, 100),
    textBoost: sampling.number('textBoost', -100, 100),
    ...readCandidates(sampling, graphs),
    ...readPasses(sampling, grid * grid),
  };
}

/** Stated at most where there is a ranker to choose. */
function readCandidates(
  sampling: ManifestReader,
  { ranker }: ModelManifest['graphs'],
): Pick<SamplingDefaults, 'candidates' | 'candidateChoice'> {
  const read: Pick<SamplingDefaults, 'candidates' | 'candidateChoice'> = {};
  for (const name of ['candidates', 'candidateChoice'] as const) {
    const stated = sampling.value[name];
    if (stated === undefined) continue;
    if (!ranker) return fail(sampling.at(name), 'needs graphs.ranker', stated);
    if (name === 'candidates') read.candidates = sampling.integer(name, 1, MOST_CANDIDATES);
    else read.candidateChoice = sampling.oneOf(name, CANDIDATE_CHOICES);
  }
  return read;
}

function readGraphs(graphs: ManifestReader): ModelManifest['graphs'] {
  const present = OPTIONAL_GRAPHS.filter((name) => graphs.value[name] !== undefined);
  const read = [...REQUIRED_GRAPHS, ...present].map((name) => {
    if (graphs.value[name] === undefined) {
      const needed = REQUIRED_GRAPHS.join(', ');
      fail(`graphs.${name}`, `must exist (a package needs ${needed})`, undefined);
    }
    return [name, readGraph(graphs.child(name))] as const;
  });
  return Object.fromEntries(read) as ModelManifest['graphs'];
}

function readGraph(graph: ManifestReader): GraphManifest {
  const files = graph.list('files', 1, readModelFile);
  return {
    files,
    ...readWeights(graph, files.length),
    ...(graph.value['mainMemoryFiles'] === undefined
      ? {}
      : { mainMemoryFiles: graph.integer('mainMemoryFiles', 0, files.length) }),
    ...readResidentShards(graph, files.length),
    ...(graph.value['hiddenStates'] === undefined
      ? {}
      : { hiddenStates: graph.textList('hiddenStates') }),
    ...readGraphCapture(graph, files.length),
    inputs: graph.textList('inputs'),
    outputs: graph.textList('outputs'),
    precision: graph.text('precision'),
  };
}

function readResidentShards(
  graph: ManifestReader,
  files: number,
): Pick<GraphManifest, 'residentShards'> {
  if (!graph.has('residentShards')) return {};
  const mainMemoryFiles = graph.has('mainMemoryFiles')
    ? graph.integer('mainMemoryFiles', 0, files)
    : 0;
  return { residentShards: graph.integer('residentShards', 1, files - mainMemoryFiles) };
}

function readGraphCapture(
  graph: ManifestReader,
  files: number,
): Pick<GraphManifest, 'graphCapture'> {
  if (!graph.has('graphCapture')) return {};
  const graphCapture = graph.boolean('graphCapture');
  if (graphCapture && files > 1) {
    fail(graph.at('graphCapture'), 'must be false or left out with several files', graphCapture);
  }
  return { graphCapture };
}

function readWeights(graph: ManifestReader, files: number): Pick<GraphManifest, 'weights'> {
  if (graph.value['weights'] === undefined) return {};
  const weights = graph.list('weights', 1, readModelFile);
  if (files > 1 && weights.length !== files) {
    fail(graph.at('weights'), `must be one for each of ${files} files`, weights.length);
  }
  return { weights };
}

function readTraining(training: ManifestReader): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(training.value).map(([name, value]) => {
      if (typeof value !== 'string' && typeof value !== 'number') {
        return fail(training.at(name), 'must be text or a number', value);
      }
      return [name, value];
    }),
  );
}

/** A first frame with a text of its own is drawn by the base channel alone. */
function checkFirstFrame({ promptTexts, graphs, sampling }: ModelManifest): void {
  if (!promptTexts) {
    const { firstFrame } = sampling;
    if (firstFrame) fail('sampling.firstFrame', 'needs promptTexts', firstFrame);
    return;
  }
  // Candidates are drawn from first frames of their own, which no choice behind them can exchange.
  if (sampling.candidateChoice === 'frame') {
    fail('sampling.candidateChoice', 'must be "clip" beside promptTexts', 'frame');
  }
  const { inputs } = graphs.keyframes;
  if (inputs.includes(TEMPORAL_SHARE)) return;
  fail(
    'graphs.keyframes.inputs',
    `must have ${TEMPORAL_SHARE}, since promptTexts.firstFrameSuffix asks for a first frame that the base channel draws alone`,
    inputs,
    'Export the graph with base_first_frame, or leave promptTexts out.',
  );
}

/** A job feeds the prompt and nothing else; names that differ would fail in its middle. */
function checkStoryboard({ graphs: { storyboard } }: ModelManifest): void {
  if (!storyboard) return;
  const { inputs, outputs } = storyboard;
  if (inputs.length !== 1 || inputs[0] !== 'text') {
    fail('graphs.storyboard.inputs', 'must be text alone', inputs);
  }
  if (!outputs.includes('opening')) {
    fail('graphs.storyboard.outputs', 'must have opening', outputs);
  }
}

/** Every rate that a rule or the default names must have its duration text. */
function checkRates(manifest: ModelManifest): void {
  const known = manifest.rates.map((rate) => rate.framesPerSecond);
  const check = (field: string, rate: number): void => {
    if (!known.includes(rate)) fail(field, `must be one of rates (${known.join(', ')})`, rate);
  };
  check('defaultKeyRate', manifest.defaultKeyRate);
  manifest.rateRules.forEach((rule, index) => {
    check(`rateRules[${index}].framesPerSecond`, rule.framesPerSecond);
  });
}
