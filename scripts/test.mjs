/** `npm test`: from a fresh clone through every check; stops at the first that fails. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { findChromium, requireChromium } from './findChromium.mjs';
import { installDependencies, runNpm } from './installDependencies.mjs';

const CHECKS = [
  { title: 'Types', script: 'types' },
  { title: 'Lint and format', script: 'lint' },
  { title: 'Unit tests', script: 'test:unit' },
  { title: 'Parity tests', script: 'test:parity' },
  { title: 'Browser tests', script: 'test:browser' },
];

/** Debian's package, where we may install it; elsewhere the error says what to do. */
function provideChromium() {
  const mayInstall = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (!findChromium() && mayInstall) {
    heading('Installing Chromium (apt-get install chromium)');
    apt(['update', '-qq']);
    apt(['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
  }
  console.log(`Browser: ${requireChromium()}`);
}

/** @param {string[]} args */
function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync('apt-get', args, { stdio: 'inherit', env });
  if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed (exit code ${status}).`);
}

/** @param {string} title */
function heading(title) {
  console.log(`\n== ${title} ==`);
}

let current = 'Preparation';
try {
  installDependencies();
  provideChromium();
  for (const { title, script } of CHECKS) {
    current = title;
    heading(title);
    runNpm(['run', '--silent', script]);
  }
  heading('All checks passed');
} catch (error) {
  console.error(`\n== FAILED: ${current} ==\n${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
}
