import { readFileSync } from 'node:fs';
import { parseSeed } from './generateArguments.mjs';
import { UsageError } from './usageError.mjs';

/**
 * @typedef {{ prompt: string, seed: number | undefined }} PromptLine
 */

/**
 * Reads prompts: one per line, or a JSON object per line. Empty lines do not count.
 *
 * @param {string} file a path, or - for standard input
 * @returns {PromptLine[]}
 */
export function readPrompts(file) {
  const prompts = parsePrompts(textOf(file));
  if (prompts.length === 0) throw new UsageError(`${file} holds no prompt.`);
  return prompts;
}

/** @param {string} file */
function textOf(file) {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new UsageError(`--prompts: ${/** @type {Error} */ (error).message}.`);
  }
}

/**
 * @param {string} text
 * @returns {PromptLine[]}
 */
export function parsePrompts(text) {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '')
    .map(({ line, number }) => {
      if (!line.startsWith('{')) return { prompt: line, seed: undefined };
      try {
        /** @type {unknown} */
        const fields = JSON.parse(line);
        return promptOf(/** @type {Record<string, unknown>} */ (fields));
      } catch (error) {
        throw new UsageError(`Line ${number}: ${/** @type {Error} */ (error).message}`);
      }
    });
}

/**
 * @param {Record<string, unknown>} fields of one JSON line
 * @returns {PromptLine}
 */
function promptOf({ prompt, seed, ...rest }) {
  const [unknown] = Object.keys(rest);
  if (unknown) throw new Error(`"${unknown}" is not known; possible are prompt and seed.`);
  if (typeof prompt !== 'string') throw new Error('"prompt" must be a text.');
  return { prompt, seed: seed === undefined ? undefined : parseSeed(seed) };
}
