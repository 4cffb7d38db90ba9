import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findChromium, requireChromium } from '../../scripts/findChromium.mjs';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chromium-'));
  vi.stubEnv('CHROME_PATH', '');
  vi.stubEnv('PATH', folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function program(name: string, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, '');
  chmodSync(path, mode);
  return path;
}

describe.runIf(process.platform === 'linux')('on Linux', () => {
  it('finds a program on PATH, Chrome before Chromium', () => {
    const chromium = program('chromium');
    vi.stubEnv('PATH', ['/nowhere', folder].join(delimiter));
    expect(findChromium()).toBe(chromium);
    const chrome = program('google-chrome');
    expect(findChromium()).toBe(chrome);
  });

  it('says what to do where there is none', () => {
    expect(findChromium()).toBeNull();
    expect(() => requireChromium()).toThrow(/apt-get install chromium.*CHROME_PATH/);
  });
});

it('prefers CHROME_PATH', () => {
  program('chromium');
  const chosen = program('my-browser');
  vi.stubEnv('CHROME_PATH', chosen);
  expect(requireChromium()).toBe(chosen);
});

it('does not pass over a wrong CHROME_PATH', () => {
  program('chromium');
  vi.stubEnv('CHROME_PATH', join(folder, 'missing'));
  expect(() => findChromium()).toThrow(/CHROME_PATH is .*missing/);
});
