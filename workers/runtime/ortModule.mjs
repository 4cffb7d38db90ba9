/**
 * onnxruntime-web loads this file in the place of its own loader, which it wraps. Imported by the
 * same address, it shows the WebAssembly module behind the sessions (workers/runtime/wasmHeap.ts).
 */
import createModule from './ort-wasm-simd-threaded.mjs';

/** @type {(config: object) => Promise<object>} */
const create = createModule;

/** @type {object | undefined} Undefined until the first session is made. */
export let module;

/** @param {object} config */
export default async function createOrtModule(config) {
  module = await create(config);
  return module;
}
