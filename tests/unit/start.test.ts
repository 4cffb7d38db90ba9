import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../scripts/projectRoot.mjs';

it.each(['abc', '-1', '65536', '80.5'])('npm start refuses PORT=%s and says why', (port) => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/start.mjs'], {
    cwd: projectRoot,
    env: { ...process.env, PORT: port },
    encoding: 'utf8',
    timeout: 10_000,
  });
  expect(status).toBe(1);
  expect(stderr).toContain(`PORT must be a whole number from 0 to 65535, but is ${port}.`);
});

it('needs nothing but Node before it has installed the rest', () => {
  const seen = new Set<string>();
  const packages: string[] = [];
  const follow = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const text = readFileSync(path, 'utf8');
    for (const [, specifier = ''] of text.matchAll(/^import .*?from '([^']+)';$/gms)) {
      if (specifier.startsWith('./')) follow(join(path, '..', specifier));
      else if (!specifier.startsWith('node:')) packages.push(`${path}: ${specifier}`);
    }
  };
  follow(join(projectRoot, 'scripts', 'start.mjs'));
  follow(join(projectRoot, 'scripts', 'test.mjs'));
  expect(seen.size).toBeGreaterThan(6);
  expect(packages).toEqual([]);
});
