/** What a user chooses for one clip: type, limits, defaults and validation. */
import { FlipbookError } from './errors';
import { checkKnown } from './knownPrompt';
import { MOST_CANDIDATES } from './manifest';
import type { ModelManifest } from './manifest';

export interface GenerationOptions {
  prompt: string;
  /** Unsigned 32-bit integer. */
  seed: number;
  /** Classifier-free guidance scale; 1 = off. */
  guidance: number;
  temperature: number;
  /** Codes kept per step, clusters of codes where the model draws by them; 0 = all. */
  topK: number;
  /** Interpolation rounds; the clip has 4 * 2^rounds + 1 frames. */
  rounds: number;
  /** Key frame rate in frames per second, or 'auto' for the manifest's rule. */
  keyRate: number | 'auto';
  /** How many times the key frames are drawn; the model's ranker keeps the best. */
  candidates: number;
  /** Whether key frames are drawn in parallel on a WebGPU device; only for models with a lag. */
  parallel: boolean;
}

export const PROMPT_MAX_CHARACTERS = 500;
export const SEED_MAX = 0xffffffff;

/** Inclusive limits of each numeric setting; the manifest limits `rounds` and `candidates` further. */
export const OPTION_LIMITS = {
  seed: { min: 0, max: SEED_MAX, integer: true },
  guidance: { min: 1, max: 10, integer: false },
  temperature: { min: 0.05, max: 2, integer: false },
  topK: { min: 0, max: 20000, integer: true },
  rounds: { min: 0, max: 6, integer: true },
  candidates: { min: 1, max: MOST_CANDIDATES, integer: true },
} as const;

export type NumericOption = keyof typeof OPTION_LIMITS;

/** Throws InvalidOption naming field, rule and value. */
export function checkNumericOption(name: NumericOption, value: number): number {
  const { min, max, integer } = OPTION_LIMITS[name];
  const valid =
    Number.isFinite(value) && value >= min && value <= max && (!integer || Number.isInteger(value));
  if (!valid) {
    const rule = `${integer ? 'a whole number' : 'a number'} from ${min} to ${max}`;
    throw new FlipbookError('InvalidOption', `${name} must be ${rule}, but is ${value}.`);
  }
  return value;
}

/** Throws InvalidPrompt for an empty, over-long or wordless prompt; returns it trimmed. */
export function checkPrompt(prompt: string): string {
  const trimmed = prompt.trim();
  if (trimmed === '') {
    throw new FlipbookError(
      'InvalidPrompt',
      'The prompt is empty. Type what the clip should show.',
    );
  }
  const characters = [...trimmed].length;
  if (characters > PROMPT_MAX_CHARACTERS) {
    throw new FlipbookError(
      'InvalidPrompt',
      `The prompt has ${characters} characters; at most ${PROMPT_MAX_CHARACTERS} are possible. Shorten it.`,
    );
  }
  if (!/[\p{L}\p{N}]/u.test(trimmed)) {
    throw new FlipbookError(
      'InvalidPrompt',
      'The prompt has no words, only signs or emoji. Describe the scene in English or Chinese words.',
    );
  }
  return trimmed;
}

/** Validates every field against the limits and the loaded model. */
export function checkOptions(
  options: GenerationOptions,
  manifest: ModelManifest,
): GenerationOptions {
  const rounds = checkNumericOption('rounds', options.rounds);
  if (rounds > manifest.maxRounds) {
    throw new FlipbookError(
      'InvalidOption',
      `rounds must be at most ${manifest.maxRounds} for this model, but is ${rounds}.`,
    );
  }
  const { keyRate } = options;
  if (keyRate !== 'auto' && !manifest.rates.some((rate) => rate.framesPerSecond === keyRate)) {
    const known = manifest.rates.map((rate) => rate.framesPerSecond).join(', ');
    throw new FlipbookError(
      'InvalidOption',
      `keyRate must be auto or one of ${known} frames per second, but is ${keyRate}.`,
    );
  }
  const prompt = checkPrompt(options.prompt);
  checkKnown(prompt, manifest.knownWords, manifest.examples);
  return {
    prompt,
    seed: checkNumericOption('seed', options.seed),
    guidance: checkNumericOption('guidance', options.guidance),
    temperature: checkNumericOption('temperature', options.temperature),
    topK: checkNumericOption('topK', options.topK),
    rounds,
    keyRate,
    candidates: checkCandidates(options.candidates, manifest),
    parallel: checkParallel(options.parallel, manifest),
  };
}

function checkParallel(parallel: boolean, { sampling }: ModelManifest): boolean {
  if (!parallel || sampling.keyFrameLag !== undefined) return parallel;
  throw new FlipbookError(
    'InvalidOption',
    'parallel must be false for this model, which draws one key frame after the other.',
  );
}

function checkCandidates(value: number, { graphs }: ModelManifest): number {
  const candidates = checkNumericOption('candidates', value);
  if (candidates === 1 || graphs.ranker) return candidates;
  throw new FlipbookError(
    'InvalidOption',
    `candidates must be 1 for this model, which has no ranker to choose with, but is ${candidates}.`,
  );
}
