import { copyFileSync, createReadStream, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { mediaType } from '../mediaTypes.mjs';
import { projectRoot } from '../projectRoot.mjs';
import { ISOLATION_HEADERS } from '../securityHeaders.mjs';

/** Plain WASM, native WebGPU by JSPI, native WebGPU by asyncify: a loader and a binary each. */
const VARIANTS = ['', '.jspi', '.asyncify'];
const FILES = VARIANTS.flatMap((variant) => [
  `ort-wasm-simd-threaded${variant}.mjs`,
  `ort-wasm-simd-threaded${variant}.wasm`,
]);

const SOURCE = dirname(fileURLToPath(import.meta.resolve('onnxruntime-web/wasm')));

/** Wraps the loader of plain WASM, so it lies beside it. */
const WRAPPER = 'ortModule.mjs';
const WRAPPER_SOURCE = join(projectRoot, 'workers', 'runtime', WRAPPER);

/** Where each served file comes from, by its name. */
const ORIGINS = new Map([
  ...FILES.map((name) => [name, join(SOURCE, name)] as const),
  [WRAPPER, WRAPPER_SOURCE],
]);

/** Version of the installed onnxruntime-web; names the service worker's cache of its binaries. */
export function onnxRuntimeVersion(): string {
  const text = readFileSync(join(SOURCE, '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Serves onnxruntime-web's own loader and WebAssembly files under `ort/`, unbundled. */
export function onnxRuntimeFiles(): Plugin {
  let outDir = '';
  return {
    name: 'flipbook:onnx-runtime-files',
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir, 'ort');
    },
    configureServer(server) {
      server.middlewares.use('/ort', (request, response, next) => {
        const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1);
        const path = ORIGINS.get(name);
        if (path === undefined) return next();
        // The loader is also the script of the threads: an isolated page starts none without these.
        response.setHeaders(new Map(Object.entries(ISOLATION_HEADERS)));
        response.setHeader('Content-Length', statSync(path).size);
        response.setHeader('Content-Type', mediaType(name));
        createReadStream(path).pipe(response);
      });
    },
    writeBundle() {
      mkdirSync(outDir, { recursive: true });
      for (const [name, path] of ORIGINS) copyFileSync(path, join(outDir, name));
    },
  };
}
