/** Builds the page that measures steps as the app is built. */
import { defineConfig } from 'vite';
import { onnxRuntimeFiles } from '../../vite/onnxRuntimeFiles.ts';

export default defineConfig({
  base: './',
  logLevel: 'error',
  plugins: [onnxRuntimeFiles()],
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', 'module', 'browser'] },
  worker: { format: 'es' },
  build: { target: 'es2023' },
});
