/** Where tokens are drawn. */
import { describe, expect, it } from 'vitest';
import type { ModelManifest } from '../../../src/shared/manifest';
import { chooseDrawer, drawsOnDevice } from '../../../workers/runtime/chooseDrawer';
import { MemoryDrawer } from '../../../workers/runtime/memoryDrawer';
import type { DrawingModel, DrawnWindows } from '../../../workers/runtime/tokenDrawer';

const sampling = { temperature: 1, topK: 20 } as ModelManifest['sampling'];
const clusters = { count: 9, innerTemperature: 1 } as ModelManifest['sampling']['clusters'];

describe('tokens are drawn on the device', () => {
  it('unless by clusters, or with ids in main memory', () => {
    const byCluster = { ...sampling, clusters: clusters! };
    expect(drawsOnDevice({ sampling }, {})).toBe(true);
    expect(drawsOnDevice({ sampling: byCluster }, {})).toBe(false);
    expect(drawsOnDevice({ sampling }, { mainMemoryFiles: 1 })).toBe(false);
  });

  it('only where logits stay there', () => {
    const runner = { logitsInGpu: false, runtime: { device: {} } } as DrawnWindows['runner'];
    const windows = { runner, streams: [1], guidance: 1, sampling };
    const manifest = { codes: 4, grid: 2, sampling } as DrawingModel['manifest'];
    expect(chooseDrawer(windows, { manifest })).toBeInstanceOf(MemoryDrawer);
  });
});
