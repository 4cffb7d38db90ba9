/** The bytes that each shard of a graph is made from, its shared weights included. */
import type { GraphManifest, ModelFile } from '../../src/shared/manifest';

/** Protobuf messages written one after the other are read as one, so joining bytes is enough. */
export async function readGraphBytes(
  graph: GraphManifest,
  read: (file: ModelFile) => Promise<Uint8Array>,
): Promise<Uint8Array[]> {
  const shards: Uint8Array[] = [];
  for (const file of graph.files) shards.push(await read(file));
  const [only] = shards;
  if (!only || !graph.weights) return shards;
  const parts = [only];
  for (const file of graph.weights) parts.push(await read(file));
  return [joined(parts)];
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
