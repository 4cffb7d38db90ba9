/** The bytes that a shard of a graph is made from, its shared weights included. */
import type { GraphManifest, ModelFile } from '../../src/shared/manifest';

/** Protobuf messages written one after the other are read as one, so joining bytes is enough. */
export async function readShardBytes(
  { files, weights = [] }: GraphManifest,
  index: number,
  read: (file: ModelFile) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const own = files.length === 1 ? weights : weights.slice(index, index + 1);
  const parts: Uint8Array[] = [];
  for (const file of [files[index]!, ...own]) parts.push(await read(file));
  return parts.length === 1 ? parts[0]! : joined(parts);
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
