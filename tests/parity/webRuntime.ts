/** onnxruntime-web in Node, by the wrapper of its loader that the app serves. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as ort from 'onnxruntime-web';
import { OrtRuntime } from '../../workers/runtime/ortRuntime';
import { WasmHeap } from '../../workers/runtime/wasmHeap';
import type { OrtWasmModule } from '../../workers/runtime/wasmHeap';

export interface WebRuntimes {
  /** As the app has it on WebAssembly: runs read onnxruntime's heap. */
  heap: OrtRuntime;
  /** Every run copies what it reads, as `InferenceSession.run` does. */
  plain: OrtRuntime;
  /** Deletes the files; the module stays loaded. */
  close(): void;
}

/** Once in a process: onnxruntime-web loads one module. */
export async function webRuntimes(): Promise<WebRuntimes> {
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-ort-'));
  const source = dirname(fileURLToPath(import.meta.resolve('onnxruntime-web')));
  const wrapper = fileURLToPath(new URL('../../workers/runtime/ortModule.mjs', import.meta.url));
  copyFileSync(wrapper, join(folder, 'ortModule.mjs'));
  for (const ending of ['mjs', 'wasm']) {
    const name = `ort-wasm-simd-threaded.${ending}`;
    copyFileSync(join(source, name), join(folder, name));
  }
  const address = (name: string): string => pathToFileURL(join(folder, name)).href;
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = {
    mjs: address('ortModule.mjs'),
    wasm: address('ort-wasm-simd-threaded.wasm'),
  };
  const loader = (await import(/* @vite-ignore */ address('ortModule.mjs'))) as {
    module: OrtWasmModule | undefined;
  };
  const info = { backend: 'wasm', detail: 'Node' } as const;
  const openHeap = () => loader.module && new WasmHeap(loader.module, ort);
  return {
    heap: new OrtRuntime(ort, info, 'wasm', undefined, openHeap),
    plain: new OrtRuntime(ort, info, 'wasm'),
    close: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
