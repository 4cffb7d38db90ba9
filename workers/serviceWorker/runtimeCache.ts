/** Set by the bundler: version of onnxruntime-web. */
declare const __ORT_VERSION__: string;

const PREFIX = 'flipbook-ort-';

/** Cache of onnxruntime-web's binaries, which keep their names over versions. */
export const RUNTIME_CACHE = PREFIX + __ORT_VERSION__;

/** Deletes the binaries of earlier versions. */
export async function dropOldBinaries(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== RUNTIME_CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}
