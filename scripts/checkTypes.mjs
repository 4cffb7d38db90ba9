/** `npm run types`: checks each thread's code with its own compiler settings. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './projectRoot.mjs';

const compiler = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
/** @type {{ references: { path: string }[] }} */
const { references } = JSON.parse(readFileSync(join(projectRoot, 'tsconfig.json'), 'utf8'));

let failed = false;
for (const { path } of references) {
  if (!existsSync(join(projectRoot, path, 'tsconfig.json'))) {
    throw new Error(`tsconfig.json names ${path}, which has no tsconfig.json.`);
  }
  const buildInfo = join(projectRoot, '.cache', `${path.replaceAll('/', '-')}.tsbuildinfo`);
  const options = ['--project', path, '--incremental', '--tsBuildInfoFile', buildInfo];
  const { status } = spawnSync(process.execPath, [compiler, ...options], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
  if (status !== 0) {
    console.error(`Types: errors in ${path}/`);
    failed = true;
  }
}
process.exitCode = failed ? 1 : 0;
