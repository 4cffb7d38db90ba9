/** Loads the onnxruntime-web build for a backend; the only place that names the builds. */
import type * as OrtWasm from 'onnxruntime-web/wasm';
import { FlipbookError } from '../../src/shared/errors';
import type { BackendChoice } from './backend';
import { adapterName, requestDevice } from './backend';
import { OrtRuntime } from './ortRuntime';
import type { OrtWasmModule } from './wasmHeap';
import { WasmHeap } from './wasmHeap';

/** More threads than this slow a decode step down: the matrices are small. */
const MOST_THREADS = 4;

type OrtWeb = typeof OrtWasm;

/** ortModule.mjs */
interface OrtLoader {
  module: OrtWasmModule | undefined;
}

/**
 * @param ortFolder absolute URL of the folder with onnxruntime-web's own loader and binaries.
 * @param threads WASM threads wanted; more than 1 needs cross-origin isolation.
 */
export async function createOrtRuntime(
  choice: BackendChoice,
  ortFolder: string,
  threads?: number,
): Promise<OrtRuntime> {
  const ort = await importBuild(choice.backend);
  // A loaded build keeps its threads: the setting counts only before the first session.
  ort.env.wasm.numThreads ||= threadCount(threads);
  ort.env.logLevel = 'error';
  const note = choice.note === undefined ? {} : { note: choice.note };
  if (choice.backend === 'wasm') {
    const count = ort.env.wasm.numThreads;
    const detail = count === 1 ? '1 thread' : `${count} threads`;
    const info = { backend: 'wasm', detail, ...isolationNote(choice.note) } as const;
    return new OrtRuntime(ort, info, 'wasm', undefined, await useOrtModule(ort, ortFolder));
  }
  ort.env.wasm.wasmPaths = ortFolder;
  const device = await requestDevice(choice.adapter);
  const info = { backend: 'webgpu', detail: adapterName(choice.adapter), ...note } as const;
  return new OrtRuntime(ort, info, 'wasm', device);
}

/** Has the build loaded by a module that shows its heap, and returns what opens that. */
async function useOrtModule(ort: OrtWeb, ortFolder: string): Promise<() => WasmHeap | undefined> {
  const mjs = new URL('ortModule.mjs', ortFolder).href;
  const wasm = new URL('ort-wasm-simd-threaded.wasm', ortFolder).href;
  ort.env.wasm.wasmPaths = { mjs, wasm };
  const loader = await loaded(() => import(/* @vite-ignore */ mjs) as Promise<OrtLoader>);
  return () => loader.module && new WasmHeap(loader.module, ort);
}

/** JSPI is leaner and faster than asyncify; browsers without it take the other build. */
function importBuild(backend: 'webgpu' | 'wasm'): Promise<OrtWeb> {
  return loaded(() => {
    if (backend === 'wasm') return import('onnxruntime-web/wasm');
    if ('Suspending' in WebAssembly) return import('onnxruntime-web/jspi');
    return import('onnxruntime-web/webgpu');
  });
}

async function loaded<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    throw new FlipbookError(
      'BackendUnavailable',
      'The inference library could not be loaded. Check the connection and reload the page.',
      { cause: error },
    );
  }
}

function threadCount(wanted?: number): number {
  if (!self.crossOriginIsolated) return 1;
  return Math.max(1, wanted ?? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1));
}

/** Says why only one thread runs, as that is several times slower. */
function isolationNote(note: string | undefined): { note?: string } {
  const isolation = self.crossOriginIsolated
    ? undefined
    : 'The page is not cross-origin isolated, so only one thread is used; reloading may help.';
  const notes = [note, isolation].filter((text) => text !== undefined);
  return notes.length === 0 ? {} : { note: notes.join(' ') };
}
