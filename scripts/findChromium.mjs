import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

const COMMANDS = [
  'google-chrome-stable',
  'google-chrome',
  'chromium',
  'chromium-browser',
  'microsoft-edge-stable',
  'microsoft-edge',
];

const MAC_PROGRAMS = ['Google Chrome', 'Chromium', 'Microsoft Edge'];

const WINDOWS_PROGRAMS = [
  String.raw`Google\Chrome\Application\chrome.exe`,
  String.raw`Chromium\Application\chrome.exe`,
  String.raw`Microsoft\Edge\Application\msedge.exe`,
];

/**
 * Path of an installed Chrome, Chromium or Edge; CHROME_PATH comes first. Null when there is none.
 *
 * @returns {string | null}
 */
export function findChromium() {
  const chosen = process.env['CHROME_PATH'];
  if (chosen) {
    if (!isProgram(chosen)) throw new Error(`CHROME_PATH is ${chosen}, where no program lies.`);
    return chosen;
  }
  return candidates().find(isProgram) ?? null;
}

/** The same, as an error that says what to do. */
export function requireChromium() {
  const path = findChromium();
  if (path) return path;
  throw new Error(
    'No Chrome, Chromium or Edge was found. Install one of them (Debian, Ubuntu: ' +
      '"apt-get install chromium"; macOS: "brew install --cask google-chrome"; Windows: Edge is ' +
      'part of the system) or set CHROME_PATH to the program.',
  );
}

function candidates() {
  if (process.platform === 'darwin') {
    return MAC_PROGRAMS.map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);
  }
  if (process.platform === 'win32') {
    const folders = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA']
      .map((name) => process.env[name])
      .filter((folder) => folder !== undefined);
    return folders.flatMap((folder) => WINDOWS_PROGRAMS.map((program) => join(folder, program)));
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command)));
}

/** @param {string} path */
function isProgram(path) {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
