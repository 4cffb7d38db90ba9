/** Uses Node's own modules only: it runs before anything is installed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { projectRoot } from './projectRoot.mjs';

/** Node 20.19 is what vite and eslint ask for. */
const OLDEST_NODE = [20, 19];

/** Runs `npm ci` where node_modules is missing or differs from the lock file. */
export function installDependencies() {
  checkNode();
  if (installedAsLocked()) return;
  console.log('Installing the dependencies (npm ci) ...');
  runNpm(['ci', '--no-audit', '--no-fund']);
}

/**
 * Runs npm, the one that runs this script where there is one. Throws when it fails.
 *
 * @param {string[]} args
 * @param {Record<string, string>} [environment] added to our own
 */
export function runNpm(args, environment = {}) {
  const npm = process.env['npm_execpath'];
  const [program, first] = npm ? [process.execPath, [npm]] : ['npm', []];
  const { status, error } = spawnSync(program, [...first, ...args], {
    cwd: projectRoot,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
    shell: !npm && process.platform === 'win32',
  });
  if (error) throw new Error(`npm could not be started: ${error.message}`);
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed (exit code ${status}).`);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = OLDEST_NODE;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return;
  const need = OLDEST_NODE.join('.');
  throw new Error(`Node ${need} or newer is needed; this is ${process.versions.node}.`);
}

/** Compares npm's own record of what is installed with the lock file, package by package. */
function installedAsLocked() {
  const record = join(projectRoot, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = lockedPackages(record);
  const wanted = lockedPackages(join(projectRoot, 'package-lock.json'));
  return Object.entries(wanted).every(([path, { version, optional, peer, link }]) => {
    if (path === '' || link) return true;
    const found = installed[path];
    return found ? found.version === version : Boolean(optional ?? peer);
  });
}

/**
 * @typedef {{ version?: string, optional?: boolean, peer?: boolean, link?: boolean }} LockedPackage
 *
 * @param {string} path
 * @returns {Record<string, LockedPackage>}
 */
function lockedPackages(path) {
  /** @type {{ packages: Record<string, LockedPackage> }} */
  const lock = JSON.parse(readFileSync(path, 'utf8'));
  return lock.packages;
}
