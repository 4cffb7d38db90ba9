/**
 * The link of a clip: prompt, seed and settings as URL parameters. Whoever opens it gets the same
 * clip. What is not usable is reported by name, never used and never silently dropped.
 */
import { BACKENDS, type Backend } from '../shared/protocol';
import { OPTION_LIMITS, type GenerationOptions, type NumericOption } from '../shared/options';
import type { LinkProblem, Overrides } from './settings';

export const DEFAULT_MODEL = 'mini';

/** The URL parameter of each numeric option. */
const PARAMETERS = {
  seed: 'seed',
  guidance: 'guidance',
  temperature: 'temperature',
  topK: 'topk',
  rounds: 'rounds',
  candidates: 'candidates',
} as const satisfies Record<NumericOption, string>;

/** Those that have a default in the model. */
const NUMERIC_OVERRIDES = ['guidance', 'temperature', 'topK', 'rounds', 'candidates'] as const;

/** Off and on. */
const SWITCH = ['0', '1'] as const;

const DECIMAL_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)$/;
/** No browser starts more for one page. */
const MOST_THREADS = 64;
const MODEL_FOLDER = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

export interface Link {
  prompt: string;
  /** Null when the link names none. */
  seed: number | null;
  overrides: Overrides;
  modelId: string;
  backend: Backend | 'auto';
  /** WASM threads, for measurements; absent = as many as are useful here. */
  threads?: number;
  /** Start without being asked. */
  run: boolean;
  problems: LinkProblem[];
}

type Report = (problem: LinkProblem) => void;

function readNumber(query: URLSearchParams, option: NumericOption, report: Report): number | null {
  const field = PARAMETERS[option];
  const text = query.get(field);
  if (text === null) return null;
  const limits = OPTION_LIMITS[option];
  const value = DECIMAL_NUMBER.test(text.trim()) ? Number(text) : NaN;
  const fits =
    value >= limits.min && value <= limits.max && (!limits.integer || Number.isInteger(value));
  if (fits) return value;
  report({ field, value: text, problem: { rule: 'range', ...limits } });
  return null;
}

/** A rate is any positive number here; whether the model knows it is checked when it is loaded. */
function readRate(query: URLSearchParams, report: Report): number | 'auto' | null {
  const text = query.get('rate');
  if (text === null || text === 'auto') return text;
  const value = DECIMAL_NUMBER.test(text.trim()) ? Number(text) : NaN;
  if (value > 0) return value;
  report({ field: 'rate', value: text, problem: { rule: 'rate' } });
  return null;
}

function readParallel(query: URLSearchParams, report: Report): boolean | null {
  const text = query.get('parallel');
  if (text === null) return null;
  const index = SWITCH.findIndex((value) => value === text);
  if (index >= 0) return index === 1;
  report({ field: 'parallel', value: text, problem: { rule: 'oneOf', choices: [...SWITCH] } });
  return null;
}

function readModel(query: URLSearchParams, report: Report): string {
  const text = query.get('model');
  if (text === null) return DEFAULT_MODEL;
  if (MODEL_FOLDER.test(text)) return text;
  report({ field: 'model', value: text, problem: { rule: 'oneOf', choices: [DEFAULT_MODEL] } });
  return DEFAULT_MODEL;
}

function readBackend(query: URLSearchParams, report: Report): Backend | 'auto' {
  const text = query.get('backend');
  if (text === null || text === 'auto') return 'auto';
  const known = BACKENDS.find((backend) => backend === text);
  if (known) return known;
  const choices = ['auto', ...BACKENDS];
  report({ field: 'backend', value: text, problem: { rule: 'oneOf', choices } });
  return 'auto';
}

function readThreads(query: URLSearchParams, report: Report): { threads?: number } {
  const text = query.get('threads');
  if (text === null) return {};
  const limits = { min: 1, max: MOST_THREADS, integer: true };
  const value = DECIMAL_NUMBER.test(text.trim()) ? Number(text) : NaN;
  if (Number.isInteger(value) && value >= limits.min && value <= limits.max) {
    return { threads: value };
  }
  report({ field: 'threads', value: text, problem: { rule: 'range', ...limits } });
  return {};
}

/** Reads `location.search`; never throws. */
export function parseLink(search: string): Link {
  const query = new URLSearchParams(search);
  const problems: LinkProblem[] = [];
  const report: Report = (problem) => void problems.push(problem);
  const overrides: Overrides = {};
  for (const option of NUMERIC_OVERRIDES) {
    const value = readNumber(query, option, report);
    if (value !== null) overrides[option] = value;
  }
  const keyRate = readRate(query, report);
  if (keyRate !== null) overrides.keyRate = keyRate;
  const parallel = readParallel(query, report);
  if (parallel !== null) overrides.parallel = parallel;
  return {
    prompt: query.get('prompt') ?? '',
    seed: readNumber(query, 'seed', report),
    overrides,
    modelId: readModel(query, report),
    backend: readBackend(query, report),
    ...readThreads(query, report),
    run: query.get('run') === '1',
    problems,
  };
}

/** The query string, with its question mark, that reproduces a clip. Every setting is written out,
 *  so the link stays true when a later version of the model changes its defaults. */
export function formatLink(
  options: GenerationOptions,
  modelId: string,
  backend: Backend | 'auto',
): string {
  const query = new URLSearchParams();
  query.set('prompt', options.prompt);
  for (const option of ['seed', ...NUMERIC_OVERRIDES] as const) {
    query.set(PARAMETERS[option], String(options[option]));
  }
  query.set('rate', String(options.keyRate));
  query.set('parallel', SWITCH[options.parallel ? 1 : 0]);
  query.set('model', modelId);
  if (backend !== 'auto') query.set('backend', backend);
  return `?${query.toString()}`;
}
