/** Draws from shards in a worker of its own for each call, as onnxruntime keeps its first build. */
import { wrap } from 'comlink';
import type { Backend } from '../../../src/shared/protocol';
import type { ShardDrawing, ShardPlan } from '../../shardDrawing';
import type { ShardsApi } from './shards.worker';

async function draw(backend: Backend, plans: readonly ShardPlan[]): Promise<ShardDrawing[]> {
  const worker = new Worker(new URL('./shards.worker.ts', import.meta.url), { type: 'module' });
  try {
    const fixture = new URL('shards/', document.baseURI).href;
    return await wrap<ShardsApi>(worker).draw(backend, fixture, plans);
  } finally {
    worker.terminate();
  }
}

const shards = { draw };

declare global {
  var shards: { draw: typeof draw };
}

globalThis.shards = shards;
