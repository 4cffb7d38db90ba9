/** What a run has measured so far, and what failed: one part's failure does not end the others. */
import { writeFileSync } from 'node:fs';
import { UsageError } from '../headless/usageError.mjs';

/**
 * @typedef {{ part: string, message: string }} BenchFailure
 *
 * @typedef {<Result>(part: string, work: () => Result | Promise<Result>) =>
 *   Promise<Result | null>} Attempt runs a part of the benchmark; null where it failed
 */

export class BenchReport {
  /** @type {BenchFailure[]} */
  failures = [];
  /** @type {Record<string, unknown>} */
  figures = {};

  /** @param {string | undefined} path of the JSON file, written after every part */
  constructor(path) {
    this.path = path;
  }

  /** @param {Record<string, unknown>} figures */
  add(figures) {
    Object.assign(this.figures, figures);
    this.#save();
  }

  /**
   * A failure is printed and kept. What the user has to change (UsageError) ends the run.
   *
   * @type {Attempt}
   */
  attempt = async (part, work) => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof UsageError) throw error;
      this.fail(part, error instanceof Error ? error.message : String(error));
      return null;
    }
  };

  /**
   * @param {string} part
   * @param {string} message
   */
  fail(part, message) {
    console.error(`${part} failed: ${message}`);
    this.failures.push({ part, message });
    this.#save();
  }

  #save() {
    if (!this.path) return;
    const { figures, failures } = this;
    writeFileSync(this.path, `${JSON.stringify({ ...figures, failures }, null, 2)}\n`);
  }
}
