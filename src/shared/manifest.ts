/**
 * The model package's `manifest.json`, format 1: the only contract between the Python exporter and
 * the app. Every number that both sides need stands in it. `parseManifest` checks unknown JSON.
 */
import type { ModelCard } from './modelCard';

export const MANIFEST_FORMAT = 1;

/** One file of a graph, relative to the manifest's folder. */
export interface ModelFile {
  path: string;
  /** Exact size in bytes. */
  bytes: number;
  /** Lower-case hexadecimal SHA-256 of the content. */
  sha256: string;
}

/** One exported graph. More than one file = shards, run in this order. */
export interface GraphManifest {
  files: ModelFile[];
  /** Weights that other graphs have too: appended to the bytes of the only file; with several
   *  files there is one for each of them. */
  weights?: ModelFile[];
  /** So many files, from the first, run in main memory: they look rows of large tables up. */
  mainMemoryFiles?: number;
  /** So many of the other files are loaded at a time, for small GPUs; every run reads the rest again
   *  from the browser's storage. Absent: all. */
  residentShards?: number;
  /** Tensors that one file makes for a later one; between files on the GPU they stay there. */
  hiddenStates?: string[];
  /** Of a transformer of one file: all its nodes run on a WebGPU device and no output is a view of
   *  another value, so that onnxruntime can record a run there (docs/graph-capture.md). */
  graphCapture?: boolean;
  /** Tensor names in the graph's own order; checked against the session before the first run. */
  inputs: string[];
  outputs: string[];
  /** How the weights are stored, for display: "int8", "int4", "fp16", "fp32". */
  precision: string;
}

export const REQUIRED_GRAPHS = ['tokenizer', 'keyframes', 'interpolation', 'decoder'] as const;
export const OPTIONAL_GRAPHS = ['encoder', 'upscaler', 'ranker', 'storyboard'] as const;
export type RequiredGraph = (typeof REQUIRED_GRAPHS)[number];
export type OptionalGraph = (typeof OPTIONAL_GRAPHS)[number];
export type GraphName = RequiredGraph | OptionalGraph;
/** Graphs that a job may need. */
export type DrawingGraph = RequiredGraph | 'upscaler' | 'ranker' | 'storyboard';

/** Input of key frame graphs that can leave the temporal channel out: 0, or 1 for both channels. */
export const TEMPORAL_SHARE = 'temporal_share';

/** Input of transformers that also draw masked cells: of which rows a run gives logits. */
export const ROWS = 'rows';

/** Input of interpolation graphs whose rows are all told what opens their frames. */
export const OPENING = 'opening';

/** Temporal attention window, in grid cells; the region of (r, c) is
 *  (floor((r + shift) / height), floor((c + shift) / width)). */
export interface TemporalWindow {
  height: number;
  width: number;
  shift: number;
}

/** One frame rate that the model was trained on and the text that announces its window. */
export interface RateManifest {
  framesPerSecond: number;
  /** Encoded before the prompt, e.g. "4.0秒" for five frames at 1 fps. */
  durationText: string;
}

/** Key frame rate for prompts that contain one of `words`: the lowest rate at which five frames
 *  cover the whole action. */
export interface RateRule {
  words: string[];
  framesPerSecond: number;
}

/**
 * Texts that the model expects around a prompt. Every text that is encoded by itself begins with
 * its own word mark, so what is joined here is joined before it is encoded.
 */
export interface PromptTexts {
  /**
   * Behind the prompt for the first key frame, which then reads the prompt alone: no duration, no
   * line break. Its base channel draws it, so the key frames' graph needs the input
   * `temporal_share`. CogVideo: " 高清摄影".
   */
  firstFrameSuffix: string;
  /** Behind the prompt of the other key frames under guidance. CogVideo: " 视频". */
  guidedSuffix: string;
  /** In the prompt's place in the unconditional text of guidance. CogVideo: "视频". */
  unconditional: string;
}

export interface ArchitectureManifest {
  layers: number;
  hidden: number;
  heads: number;
  headDim: number;
  /** Two hint ids per image position are fed when true. */
  previousFrameHint: boolean;
  copyGate: boolean;
  norm: 'layer' | 'rms';
  sandwich: boolean;
}

export interface SpecialIds {
  /** First text id; text piece p has the flat id textOffset + p. Image codes are 0..codes-1. */
  textOffset: number;
  pad: number;
  unknown: number;
  /** The `<n>` piece between duration text and prompt. */
  lineBreak: number;
  /** Opens a frame (fed at cell 0) of which no storyboard tells the stage of the action. */
  beginOfImage: number;
  /** Hint id that means "no hint". */
  nullHint: number;
}

/** Draws codes as CogVideo does: a cluster of similar codes first, then a code of it. */
export interface ClusterManifest {
  /** Cluster of each code, from 0: so many uint16, little-endian, as there are codes. */
  table: ModelFile;
  /** Clusters in the table. */
  count: number;
  /** Multiplies the temperature within a cluster, above 0. CogVideo: 0.89. */
  innerTemperature: number;
}

/** Of one entry of a cluster table. */
export const CLUSTER_BYTES = 2;

/** How a first key frame is drawn that reads a text of its own. */
export interface FirstFrameSampling {
  temperature: number;
  topK: number;
  /** Whatever the guidance of the other frames. CogVideo: 1.4. */
  textBoost: number;
}

export interface SamplingDefaults {
  temperature: number;
  /** Number of codes kept per step; 0 keeps all. In packages with `clusters`, of clusters. */
  topK: number;
  /** Absent: every code stands for itself. */
  clusters?: ClusterManifest;
  /** Only in packages with `promptTexts`; absent: as the other frames without guidance. */
  firstFrame?: FirstFrameSampling;
  /** Classifier-free guidance scale of the key frames; 1 switches guidance off. */
  guidance: number;
  /**
   * Under guidance, codes less likely than this share of the likeliest are not drawn; 0 = off.
   * Packages may leave it out.
   */
  guidanceFloor?: number;
  /** The same for interpolation; 1 = off, as in CogVideo's release. */
  interpolationGuidance: number;
  /** Added to the attention scores of text keys (CogVideo: 1.4 without guidance); 0 = off. */
  textBoost: number;
  /**
   * How many times the key frames are drawn; the set that the ranker likes best is kept. Only in
   * packages with a ranker, which may leave it out; 1 = no choice.
   */
  candidates?: number;
  /** Among what the ranker chooses: "clip" (default), or after every frame, from whose best one all
   *  candidates go on: "frame". Only in packages whose ranker can judge beginnings. */
  candidateChoice?: CandidateChoice;
  /**
   * Passes in which each key frame can be drawn as masked cells, many at once, as they are on
   * WebGPU; only where the keyframes graph has the input `rows`. `textBoost` is not added then.
   * Elsewhere, and where it is absent, they are drawn cell by cell.
   */
  keyFramePasses?: number;
  /** The same of the frames between, both of a window together, by the interpolation graph; elsewhere
   *  than on WebGPU those of the first round are drawn so as well. */
  interpolationPasses?: number;
  /**
   * Cells by which each key frame trails the one before where they are drawn in parallel, as they are
   * on WebGPU if this is there, unless the user wants them in order: a cell sees of the frame n frames
   * before the cells before its own + n times as many. Only where the keyframes graph has the input
   * `rows`. Elsewhere one frame comes after the other, each seen whole.
   */
  keyFrameLag?: number;
  /** How much chance has a say in which cells a pass keeps, from 0: the surest ones alone. Only
   *  beside `keyFramePasses` or `interpolationPasses`, where absent is 0. */
  choiceNoise?: number;
}

export const MOST_PASSES = 64;

export const CANDIDATE_CHOICES = ['clip', 'frame'] as const;
export type CandidateChoice = (typeof CANDIDATE_CHOICES)[number];

export const MOST_CANDIDATES = 8;

/** What the ids of storyboards mean. */
export interface StoryboardManifest {
  /** Neighbouring ids that a stage has: they also tell where in the frame the body is. Absent: one. */
  idsPerStage?: number;
  stages: StoryboardStage[];
}

/** One stage of an action, as storyboards name it. */
export interface StoryboardStage {
  /** The first of `idsPerStage` flat ids that open frames of this stage. */
  id: number;
  en: string;
  zh: string;
}

export interface ExamplePrompt {
  text: string;
  language: 'en' | 'zh';
}

/** One learned concept, for the searchable list and for marking unknown words. */
export interface KnownWords {
  /** English words, lower case, single words. */
  en: string[];
  /** Chinese words of one or more characters. */
  zh: string[];
}

export interface ModelManifest {
  format: typeof MANIFEST_FORMAT;
  id: string;
  title: string;
  version: string;
  license: string;
  credits: string[];
  languages: string[];
  /** Cells per side of a frame's token grid. */
  grid: number;
  /** Pixels per side of a decoded frame. */
  pixels: number;
  /** Pixels per side of a finished frame, where the package has an upscaler: a whole multiple. */
  upscaledPixels?: number;
  /** Image codes K. */
  codes: number;
  /** Frames per window; always 5 in format 1. */
  windowFrames: number;
  /** Most interpolation rounds (frames = 4 * 2^rounds + 1). */
  maxRounds: number;
  /** Playback and export rate, frames per second. */
  playbackFramesPerSecond: number;
  rates: RateManifest[];
  rateRules: RateRule[];
  defaultKeyRate: number;
  /** Absent: the bare prompt everywhere, and nothing in its place without it. */
  promptTexts?: PromptTexts;
  /** Text slots T (duration text, line break and prompt together). */
  textLength: number;
  /** Longest code-point input of the tokenizer graph. */
  maxCodePoints: number;
  ids: SpecialIds;
  /** What the page calls the stages of storyboards; only beside `graphs.storyboard`. */
  storyboard?: StoryboardManifest;
  /** Windows of the temporal channel; layer i uses entry i mod length; empty = full attention. */
  keyframeWindows: TemporalWindow[];
  interpolationWindows: TemporalWindow[];
  architecture: ArchitectureManifest;
  sampling: SamplingDefaults;
  examples: ExamplePrompt[];
  knownWords: KnownWords;
  /** Of converted checkpoints: whether known errors of the release are kept, for comparison. */
  release?: { asReleased: boolean };
  graphs: Record<RequiredGraph, GraphManifest> & Partial<Record<OptionalGraph, GraphManifest>>;
  /** Where the weights come from: command, commit, data hash, minutes; free form, for display. */
  training: Record<string, string | number>;
  /** What the model knows and how well it draws; absent in packages of before. */
  card?: ModelCard;
}

/** The graphs of a package that are fetched before the first job. */
export function drawingGraphs({ graphs }: Pick<ModelManifest, 'graphs'>): DrawingGraph[] {
  const present = (['upscaler', 'ranker', 'storyboard'] as const).filter((name) => graphs[name]);
  return [...REQUIRED_GRAPHS, ...present];
}
