import type { ErrorKind } from '../../shared/errors';
import type { StageName } from '../../state/appState';
import type { LinkProblem } from '../../state/settings';
import { cardEn } from './card';

/** What to do about an error, by its kind. The error's own message is shown beside it. */
const errors: Record<ErrorKind, string> = {
  InvalidOption: 'A setting is out of range',
  InvalidPrompt: 'This prompt cannot be drawn',
  InvalidManifest: 'The model package is not usable',
  ModelDownload: 'The model could not be downloaded',
  ModelIntegrity: 'A model file is damaged',
  StorageFull: 'The browser’s storage is full',
  BackendUnavailable: 'This way of computing is not available',
  DeviceLost: 'The graphics device was lost',
  OutOfMemory: 'There is not enough memory',
  Cancelled: 'Cancelled',
  ExportUnsupported: 'This browser cannot save that format',
  ExportFailed: 'The clip could not be saved',
  WorkerCrashed: 'The drawing process stopped',
  Internal: 'Something went wrong',
};

const stages: Record<StageName, string> = {
  idle: 'Ready',
  loading: 'Loading the model',
  tokenize: 'Reading the prompt',
  keyframes: 'Drawing key frames',
  interpolate: 'Drawing in-between frames',
  decode: 'Developing frames',
  complete: 'Clip finished',
  cancelled: 'Cancelled',
  failed: 'Stopped',
};

function rule({ problem }: LinkProblem): string {
  switch (problem.rule) {
    case 'range':
      return `${problem.integer ? 'a whole number' : 'a number'} from ${problem.min} to ${problem.max}`;
    case 'oneOf':
      return `one of ${problem.choices.join(', ')}`;
    case 'rate':
      return 'auto or a number of frames per second';
  }
}

export const en = {
  languageName: 'English',
  tagline: 'Type a sentence. Key frames are drawn first, then the frames between them.',
  privacy: 'Everything is computed in this tab. Nothing leaves your computer.',
  compare: 'Blind comparison of clips',
  prompt: {
    label: 'Prompt',
    placeholder: 'a lion drinks water at the lake',
    shortcut: (key: string) => `${key} + Enter generates`,
    examples: 'Example prompts',
    unread: (languages: string) => `This model was trained on sentences in ${languages}.`,
    unknownTitle: 'Words this model never saw',
    unknownHelp: 'It leaves them out. The list under “Model” says which words it learned.',
    meant: 'Did you mean:',
    replace: (text: string, word: string) => `Replace “${text}” by “${word}”`,
  },
  generate: 'Generate',
  cancel: 'Cancel',
  cancelling: 'Stopping after this step …',
  newTake: 'New take',
  newTakeHelp: 'Draws the same prompt again with a new seed',
  link: {
    copy: 'Copy link',
    copied: 'Link copied',
    title: 'Part of this link could not be used',
    problem: (problem: LinkProblem) =>
      `“${problem.field}” must be ${rule(problem)}, but is “${problem.value}”. The default is used.`,
    dismiss: 'Dismiss',
  },
  progress: {
    label: 'Progress',
    queued: 'The clip starts as soon as the model is loaded.',
    round: (round: number, rounds: number) => `round ${round} of ${rounds}`,
    downloading: (loaded: string, total: string) => `Downloading ${loaded} of ${total}`,
    fromCache: (loaded: string, total: string) => `Reading ${loaded} of ${total} from cache`,
    warmup: (done: number, total: number) => `Warming up, ${done} of ${total}`,
    manifest: 'Looking up the model',
    timeLeft: 'Time left',
    speed: 'Speed',
    backend: 'Computes on',
    frames: 'Frames',
    tokensPerSecond: (tokens: string) => `${tokens} tokens/s`,
    about: (time: string) => `about ${time}`,
    seconds: (seconds: number) => `${seconds} s`,
    minutes: (minutes: number, seconds: number) => `${minutes} min ${seconds} s`,
    finished: (time: string) => `Clip finished. Drawn in ${time}.`,
    framesOf: (frames: number, total: number) => `${frames} of ${total}`,
  },
  stages,
  settings: {
    title: 'Settings',
    seed: 'Seed',
    dice: 'Roll a new seed',
    guidance: 'Guidance',
    guidanceHelp: 'How strictly the frames follow the prompt; 1 switches it off.',
    temperature: 'Temperature',
    temperatureHelp: 'Lower is steadier, higher is more varied.',
    topK: 'Top-k',
    topKHelp: 'How many codes each cell is drawn from; 0 means all.',
    clusters: 'Clusters',
    clustersHelp: (count: number) =>
      `How many of ${count} groups of similar codes each cell is drawn from; 0 means all.`,
    exceptFirstFrame: 'The first frame keeps a value of its own.',
    rounds: 'Rounds',
    roundsHelp: (frames: number) => `In-between rounds; the clip has ${frames} frames.`,
    candidates: 'Candidates',
    candidatesHelp: 'Key frames are drawn that many times; what fits the sentence best is kept.',
    keyFrameOrder: 'Key frames',
    inOrder: 'One after the other',
    inParallel: 'In parallel',
    keyFrameOrderHelp: (times: number) =>
      `On a graphics processor: in parallel takes ${times.toFixed(1)} times fewer steps. Elsewhere they come one after the other.`,
    keyRate: 'Key frame rate',
    keyRateHelp: 'Key frames per second of action; “Automatic” fits it to the prompt.',
    keyRateAlways: (rate: number) =>
      `Key frames per second of action; for this model “Automatic” is always ${rate}.`,
    automatic: 'Automatic',
    perSecond: (rate: number) => `${rate} per second`,
    reset: 'Back to the model’s values',
    invalid: (min: number, max: number, integer: boolean, used: number) =>
      `Must be ${integer ? 'a whole number' : 'a number'} from ${min} to ${max}. ${used} is used.`,
  },
  preview: {
    label: 'Preview',
    empty: 'Your clip appears here, frame by frame.',
    play: 'Play',
    pause: 'Pause',
    drawing: (frame: number) => `Drawing frame ${frame}`,
    showing: (frame: number, total: number) => `Frame ${frame} of ${total}`,
  },
  timeline: {
    title: 'Frames',
    help: 'Choose a frame to hold it in the preview.',
    key: 'Key frame',
    between: 'In-between frame',
    keyAlt: (frame: number, total: number) => `Frame ${frame} of ${total}, key frame`,
    betweenAlt: (frame: number, total: number, round: number) =>
      `Frame ${frame} of ${total}, in-between frame, round ${round}`,
    withStage: (frame: string, stage: string) => `${frame}: ${stage}`,
    missing: (frame: number, total: number) => `Frame ${frame} of ${total}, not drawn yet`,
  },
  export: {
    title: 'Save the clip',
    mp4: 'Export MP4',
    gif: 'Export GIF',
    png: 'Export PNG frames',
    busy: 'Saving …',
    saved: (name: string, size: string, codec: string) => `Saved ${name} (${size}, ${codec}).`,
    partial: (frames: number, total: number) =>
      `Not complete: saves the ${frames} of ${total} frames drawn so far.`,
    nothing: 'There is no finished frame to save yet.',
  },
  model: {
    title: 'Model',
    size: 'Size',
    version: 'Version',
    clip: 'Clip',
    clipText: (frames: number, rate: number, pixels: number) =>
      `up to ${frames} frames at ${rate} per second, ${pixels} × ${pixels} pixels`,
    languages: 'Languages',
    weights: 'Weights',
    shardsInTurn: (loaded: number, shards: number) =>
      `${loaded} of ${shards} shards loaded at a time`,
    released: 'Errors of the release',
    releasedKept: 'kept, for comparison with the original',
    releasedMended: 'mended',
    license: 'Licence',
    credits: 'Credits',
    stored: 'Stored',
    storedOpfs: 'kept in this browser for the next visit, also offline',
    storedMemory: 'in memory only; it is downloaded again next time',
    knows: 'What it knows',
    noWordList: 'This package has no list of words: it reads every sentence as it is.',
    search: 'Search its words',
    noMatch: (query: string) => `It never saw “${query}”.`,
    free: 'Free memory',
    freeHelp: 'Ends the drawing process. Your frames stay.',
    load: 'Load the model',
    absent: 'The model is not in memory. It is loaded again when you press Generate.',
  },
  timings: {
    title: 'Where the time went',
    stage: 'Stage',
    whole: 'Whole',
    steps: 'Decode steps',
    step: 'Per step',
    decode: 'Pixels',
    upscale: 'Enlarging',
    rest: 'Other',
    restHelp:
      'Other: reading the text and the given frames, previews, choosing among candidates, waiting.',
    tokenize: 'Prompt',
    keyframes: 'Key frames',
    round: (round: number) => `Round ${round}`,
    total: 'Clip',
    seconds: (seconds: string) => `${seconds} s`,
    milliseconds: (milliseconds: string) => `${milliseconds} ms`,
  },
  card: cardEn,
  theme: { label: 'Appearance', auto: 'Automatic', light: 'Light', dark: 'Dark' },
  language: { code: 'en' as 'en' | 'zh', label: 'Language' },
  errors,
  errorHints: {} as Partial<Record<ErrorKind, string>>,
  retry: {
    generate: 'Try again',
    load: 'Load again',
  },
  unsupported: {
    title: 'This browser cannot run Flipbook',
    missing: 'Missing:',
    advice:
      'Use a current Chrome, Edge, Firefox or Safari, and open the page through https:// or http://localhost.',
  },
};

export type Texts = typeof en;
