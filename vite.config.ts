import react from '@vitejs/plugin-react';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vitest/config';
import { ISOLATION_HEADERS } from './scripts/securityHeaders.mjs';
import { contentSecurityPolicy } from './scripts/vite/contentSecurityPolicy.ts';
import { onnxRuntimeFiles, onnxRuntimeVersion } from './scripts/vite/onnxRuntimeFiles.ts';

export default defineConfig({
  // Relative addresses: any static host serves the app, at the root or below it.
  base: './',
  plugins: [
    react(),
    onnxRuntimeFiles(),
    contentSecurityPolicy(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'workers/serviceWorker',
      filename: 'serviceWorker.ts',
      injectRegister: null,
      manifest: false,
      injectManifest: {
        rollupFormat: 'iife',
        // The page with its scripts and the loaders of onnxruntime-web. Its binaries are kept at
        // first use, so only one of the three is downloaded; models live in OPFS.
        globPatterns: ['**/*.{html,js,mjs,css,svg,png,ico,woff2,webmanifest}'],
        globIgnores: ['models/**'],
      },
    }),
  ],
  // Without this condition the bundler copies a second set of WebAssembly files into assets/.
  resolve: {
    conditions: ['onnxruntime-web-use-extern-wasm', 'module', 'browser', 'development|production'],
  },
  define: { __ORT_VERSION__: JSON.stringify(onnxRuntimeVersion()) },
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  build: {
    target: 'es2023',
    outDir: 'dist',
    rolldownOptions: { input: ['index.html', 'compare.html'] },
  },
  server: { headers: { ...ISOLATION_HEADERS } },
  preview: { headers: { ...ISOLATION_HEADERS } },
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          // Milliseconds each; the limit is for a machine that is busy with something else.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'parity',
          include: ['tests/parity/**/*.test.ts'],
          // Node itself must load it, as it loads onnxruntime-web: it is one module for both.
          server: { deps: { external: [/ortModule\.mjs$/] } },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          globalSetup: ['tests/browser/serveApp.ts'],
          // One Chromium at a time: the tests compute, and the machine may have two cores.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
