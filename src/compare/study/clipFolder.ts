/**
 * A folder of clips, as `npm run generate -- --prompts FILE --out DIR` writes it: `clips.json`
 * beside the video files that it names. Any other program may write one, for a baseline or for real
 * clips:
 *
 * { "format": 1, "model": { "id": "mini", "version": "0.1.0" },
 *   "clips": [{ "prompt": "a lion walks", "seed": 7, "file": "a-lion-walks-7.mp4" }] }
 *
 * `seed` may be missing where a clip has none. Other fields are not read.
 */
import { StudyError } from './studyError';

export const CLIPS_FILE = 'clips.json';
const FORMAT = 1;

export interface ListedClip {
  prompt: string;
  seed: number | null;
  /** Relative to the folder. */
  file: string;
}

export interface ClipsFile {
  model: { id: string; version: string };
  clips: ListedClip[];
}

/**
 * Checks the text of a `clips.json`.
 *
 * @param folder the name to use in messages
 * @throws StudyError naming folder, field and rule
 */
export function parseClipsFile(text: string, folder: string): ClipsFile {
  const refuse = (rule: string): never => {
    throw new StudyError('clipsFile', folder, rule);
  };
  const root = record(parseJson(text, refuse), 'the whole file', refuse);
  if (root['format'] !== FORMAT) refuse(`"format" must be ${FORMAT}`);
  const model = record(root['model'], '"model"', refuse);
  const clips = root['clips'];
  if (!Array.isArray(clips)) return refuse('"clips" must be a list');
  if (clips.length === 0) refuse('"clips" is empty');
  return {
    model: {
      id: filled(model['id'], 'model.id'),
      version: filled(model['version'], 'model.version'),
    },
    clips: clips.map((clip: unknown, index) => readClip(clip, `clips[${index}]`)),
  };

  function readClip(value: unknown, at: string): ListedClip {
    const clip = record(value, at, refuse);
    const { seed = null } = clip;
    if (seed !== null && typeof seed !== 'number') refuse(`${at}.seed must be a number`);
    return {
      prompt: filled(clip['prompt'], `${at}.prompt`).trim(),
      seed: seed as number | null,
      file: filled(clip['file'], `${at}.file`),
    };
  }

  function filled(value: unknown, at: string): string {
    return typeof value === 'string' && value.trim() !== ''
      ? value
      : refuse(`${at} must be a text that is not empty`);
  }
}

function parseJson(text: string, refuse: (rule: string) => never): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return refuse(`it is no JSON (${(error as Error).message})`);
  }
}

function record(value: unknown, at: string, refuse: (rule: string) => never) {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  return refuse(`${at} must be an object`);
}
