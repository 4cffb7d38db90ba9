/** One file's entry in a manifest. */
import type { ModelFile } from './manifest';
import { fail } from './manifestReader';
import type { ManifestReader } from './manifestReader';

/** @throws FlipbookError InvalidManifest */
export function readModelFile(file: ManifestReader): ModelFile {
  const path = file.text('path');
  if (!/^(?!.*\.\.)[\w.-]+(?:\/[\w.-]+)*$/.test(path)) {
    fail(file.at('path'), 'must be a plain path inside the package folder', path);
  }
  const sha256 = file.text('sha256');
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    fail(file.at('sha256'), 'must be 64 lower-case hexadecimal digits', sha256);
  }
  return { path, bytes: file.integer('bytes', 1, 2 ** 31), sha256 };
}
