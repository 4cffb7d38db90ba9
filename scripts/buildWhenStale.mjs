import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from './installDependencies.mjs';
import { projectRoot } from './projectRoot.mjs';

/** Folder of the built app. */
export const builtApp = join(projectRoot, 'dist');

/** Everything that the build reads. */
const SOURCES = [
  'src',
  'workers',
  'public',
  'scripts/vite',
  'scripts/securityHeaders.mjs',
  'index.html',
  'compare.html',
  'vite.config.ts',
  'package.json',
  'package-lock.json',
];

/** Builds the app where dist/ is missing or older than a source. */
export function buildWhenStale() {
  const page = join(builtApp, 'index.html');
  const built = existsSync(page) ? statSync(page).mtimeMs : 0;
  const changed = Math.max(...SOURCES.map((path) => newestChange(join(projectRoot, path))));
  if (built > changed) return;
  console.log('Building the app ...');
  // The test runner sets NODE_ENV, and the build would take it over.
  runNpm(['run', '--silent', 'build'], { NODE_ENV: 'production' });
}

/**
 * Time of the newest file or folder below a path, in milliseconds; 0 when there is none.
 *
 * @param {string} path
 * @returns {number}
 */
function newestChange(path) {
  if (!existsSync(path)) return 0;
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))));
}
