/** Where tokens are drawn: on the WebGPU device, or in main memory. */
import type { GraphManifest, ModelManifest } from '../../src/shared/manifest';
import { DeviceDrawer } from './deviceDrawer';
import { MemoryDrawer } from './memoryDrawer';
import type { DrawingModel, DrawnWindows, TokenDrawer } from './tokenDrawer';

/**
 * Whether a transformer's tokens are drawn on the device where it runs there: its logits then stay
 * there. Clusters are drawn in JavaScript, and files that run in main memory want their ids there.
 */
export function drawsOnDevice(
  { sampling }: Pick<ModelManifest, 'sampling'>,
  { mainMemoryFiles = 0 }: Pick<GraphManifest, 'mainMemoryFiles'>,
): boolean {
  return !sampling.clusters && mainMemoryFiles === 0;
}

/** The drawer for where the runner's graph leaves its logits. The caller disposes it. */
export function chooseDrawer(windows: DrawnWindows, model: DrawingModel): TokenDrawer {
  const { logitsInGpu, runtime } = windows.runner;
  return logitsInGpu && runtime.device
    ? new DeviceDrawer(windows, model, runtime.device)
    : new MemoryDrawer(windows, model);
}
