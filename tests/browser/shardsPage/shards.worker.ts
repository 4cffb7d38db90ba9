/** The app's own runtime in a real worker, on whichever backend is asked for. */
import { expose } from 'comlink';
import type { Backend } from '../../../src/shared/protocol';
import { chooseBackend } from '../../../workers/runtime/backend';
import { createOrtRuntime } from '../../../workers/runtime/loadOrt';
import { OnnxGraph } from '../../../workers/runtime/onnxGraph';
import { drawShards, shardManifest, shardReader } from '../../shardDrawing';
import type { ShardDrawing, ShardPlan } from '../../shardDrawing';

/** @param fixture address of tests/fixtures/shards, with a slash at its end. */
async function draw(
  backend: Backend,
  fixture: string,
  plans: readonly ShardPlan[],
): Promise<ShardDrawing[]> {
  const read = async (path: string): Promise<Uint8Array> => {
    const response = await fetch(fixture + path);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const ortFolder = new URL('../ort/', self.location.href).href;
  const runtime = await createOrtRuntime(await chooseBackend(backend), ortFolder);
  // onnxruntime gives the device up with its last session; in the app the decoder keeps it.
  const { interpolation } = (await shardManifest(1, read)).graphs;
  const reader = shardReader(1, interpolation, read);
  const holder = await OnnxGraph.create('holder', runtime, interpolation, reader, {
    where: 'accelerator',
  });
  try {
    const drawn: ShardDrawing[] = [];
    for (const plan of plans) {
      const failed = (error: unknown): never => {
        throw new Error(`${JSON.stringify(plan)}: ${String(error)}`, { cause: error });
      };
      drawn.push(await drawShards(runtime, plan, read).catch(failed));
    }
    return drawn;
  } finally {
    await holder.release();
    runtime.dispose();
  }
}

const api = { draw };
export type ShardsApi = typeof api;

expose(api);
