import type { Backend } from '../shared/protocol';
import type { ModelManifest } from '../shared/manifest';
import type { GenerationOptions } from '../shared/options';
import type { Failure } from './failure';

/** Settings that have a default in the model; absent = the model's default. */
export type Overrides = Partial<
  Pick<
    GenerationOptions,
    'guidance' | 'temperature' | 'topK' | 'rounds' | 'keyRate' | 'candidates' | 'parallel'
  >
>;

/** A value of the link that was not usable, and why. The default is used instead. */
export interface LinkProblem {
  /** The name of the URL parameter. */
  field: string;
  value: string;
  problem:
    | { rule: 'range'; min: number; max: number; integer: boolean }
    | { rule: 'oneOf'; choices: string[] }
    | { rule: 'rate' };
}

export interface Settings {
  prompt: string;
  seed: number;
  overrides: Overrides;
  /** Folder of the model package under models/. */
  modelId: string;
  backend: Backend | 'auto';
  linkProblems: LinkProblem[];
  /** Why the prompt was refused by the last Generate; null after it is edited. */
  refusal: Failure | null;
}

/** The model's own values, used wherever the user chose nothing. */
export function modelDefaults(manifest: ModelManifest): Required<Overrides> {
  return {
    guidance: manifest.sampling.guidance,
    temperature: manifest.sampling.temperature,
    topK: manifest.sampling.topK,
    rounds: manifest.maxRounds,
    keyRate: 'auto',
    candidates: manifest.sampling.candidates ?? 1,
    parallel: manifest.sampling.keyFrameLag !== undefined,
  };
}

/** The options of the next clip. */
export function effectiveOptions(settings: Settings, manifest: ModelManifest): GenerationOptions {
  const { prompt, seed, overrides } = settings;
  return { prompt, seed, ...modelDefaults(manifest), ...overrides };
}

/** Splits off the overrides that this model cannot serve: too many rounds, an unknown rate,
 *  candidates that nothing could choose among, key frames in parallel. */
export function fitToModel(
  overrides: Overrides,
  manifest: ModelManifest,
): { overrides: Overrides; problems: LinkProblem[] } {
  const { rounds, keyRate, candidates, parallel, ...rest } = overrides;
  const fitting: Overrides = { ...rest };
  const problems: LinkProblem[] = [];
  if (rounds !== undefined) {
    if (rounds <= manifest.maxRounds) fitting.rounds = rounds;
    else {
      const problem = { rule: 'range', min: 0, max: manifest.maxRounds, integer: true } as const;
      problems.push({ field: 'rounds', value: String(rounds), problem });
    }
  }
  if (keyRate !== undefined) {
    const rates = manifest.rates.map((rate) => rate.framesPerSecond);
    if (keyRate === 'auto' || rates.includes(keyRate)) fitting.keyRate = keyRate;
    else {
      const problem = { rule: 'oneOf' as const, choices: ['auto', ...rates.map(String)] };
      problems.push({ field: 'rate', value: String(keyRate), problem });
    }
  }
  if (candidates !== undefined) {
    if (candidates === 1 || manifest.graphs.ranker) fitting.candidates = candidates;
    else {
      const problem = { rule: 'range', min: 1, max: 1, integer: true } as const;
      problems.push({ field: 'candidates', value: String(candidates), problem });
    }
  }
  if (parallel !== undefined) {
    if (!parallel || manifest.sampling.keyFrameLag !== undefined) fitting.parallel = parallel;
    else {
      const problem = { rule: 'oneOf' as const, choices: ['0'] };
      problems.push({ field: 'parallel', value: '1', problem });
    }
  }
  return { overrides: fitting, problems };
}

/** An unsigned 32-bit seed that nobody chose. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
