/** In how many passes the frames between are drawn, where there is a choice. */
import type { ModelManifest } from '../../src/shared/manifest';
import type { OrtRuntime } from './ortRuntime';

/**
 * On a WebGPU device a run costs by its kernels, whether they compute one row or hundreds: there
 * the package's passes, if it has any. In main memory rows cost by themselves, and a pass runs all
 * of a window's: there 0, which is cell by cell.
 */
export function passesOn(
  { device }: Pick<OrtRuntime, 'device'>,
  { sampling }: Pick<ModelManifest, 'sampling'>,
): number {
  return device === undefined ? 0 : (sampling.interpolationPasses ?? 0);
}
