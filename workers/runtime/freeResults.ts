/** Frees what a run left on the device. */
import type { Results } from './ortRuntime';

export function freeResults(results: Results): void {
  for (const tensor of Object.values(results)) {
    if (tensor.location === 'gpu-buffer') tensor.dispose();
  }
}
