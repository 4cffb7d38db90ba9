/** Typed access to the fields of unknown JSON, with errors that name field, rule and value. */
import { FlipbookError } from './errors';

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

const DEFAULT_REMEDY = 'Correct the package or export the model again.';
const LONGEST_QUOTE = 80;

/** Throws InvalidManifest. */
export function fail(field: string, rule: string, value: unknown, remedy = DEFAULT_REMEDY): never {
  const quoted = value === undefined ? 'missing' : (JSON.stringify(value) ?? typeof value);
  const shown = quoted.length > LONGEST_QUOTE ? `${quoted.slice(0, LONGEST_QUOTE)}…` : quoted;
  throw new FlipbookError(
    'InvalidManifest',
    `manifest.json: ${field} ${rule}, but is ${shown}. ${remedy}`,
  );
}

/** One JSON object within the manifest, at `path`. */
export class ManifestReader {
  private constructor(
    readonly value: { [name: string]: Json },
    private readonly path: string,
  ) {}

  static of(value: unknown, path = ''): ManifestReader {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      fail(path === '' ? 'the whole file' : path, 'must be a JSON object', value);
    }
    return new ManifestReader(value as { [name: string]: Json }, path);
  }

  /** Full name of a field, for messages. */
  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  /** Whether an optional field is there. */
  has(name: string): boolean {
    return this.value[name] !== undefined;
  }

  child(name: string): ManifestReader {
    return ManifestReader.of(this.value[name], this.at(name));
  }

  text(name: string): string {
    const value = this.value[name];
    if (typeof value !== 'string' || value === '') {
      fail(this.at(name), 'must be a text that is not empty', value);
    }
    return value;
  }

  boolean(name: string): boolean {
    const value = this.value[name];
    if (typeof value !== 'boolean') fail(this.at(name), 'must be true or false', value);
    return value;
  }

  /** A number within inclusive limits. */
  number(name: string, min: number, max: number): number {
    const value = this.value[name];
    if (typeof value !== 'number' || !(value >= min && value <= max)) {
      const rule = min === max ? `must be ${min}` : `must be a number from ${min} to ${max}`;
      fail(this.at(name), rule, value);
    }
    return value;
  }

  integer(name: string, min: number, max: number): number {
    const value = this.value[name];
    if (!Number.isInteger(value)) fail(this.at(name), 'must be a whole number', value);
    return this.number(name, min, max);
  }

  positive(name: string): number {
    const value = this.value[name];
    if (typeof value !== 'number' || !(value > 0)) {
      fail(this.at(name), 'must be a number above 0', value);
    }
    return value;
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.value[name];
    const choice = choices.find((candidate) => candidate === value);
    return choice ?? fail(this.at(name), `must be one of ${choices.join(', ')}`, value);
  }

  textList(name: string): string[] {
    return this.array(name).map((value, index) =>
      typeof value === 'string' ? value : fail(`${this.at(name)}[${index}]`, 'must be text', value),
    );
  }

  /** A list of at least `atLeast` objects. */
  list<T>(name: string, atLeast: number, read: (item: ManifestReader) => T): T[] {
    const values = this.array(name);
    if (values.length < atLeast) {
      fail(this.at(name), `must have at least ${atLeast} entry`, values);
    }
    return values.map((value, index) =>
      read(ManifestReader.of(value, `${this.at(name)}[${index}]`)),
    );
  }

  private array(name: string): Json[] {
    const value = this.value[name];
    return Array.isArray(value) ? value : fail(this.at(name), 'must be a list', value);
  }
}
