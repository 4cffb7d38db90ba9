/**
 * Counts what a browser context receives, by Content-Length. Each address counts once: the service
 * worker asks again for what the page has.
 *
 * @param {import('playwright-core').BrowserContext} context
 */
export function countDownloads(context) {
  /** @type {Map<string, number>} */
  const bytes = new Map();
  context.on('response', (response) => {
    const length = Number(response.headers()['content-length'] ?? 0);
    const { pathname, protocol } = new URL(response.url());
    if (!protocol.startsWith('http') || response.fromServiceWorker()) return;
    bytes.set(pathname, Math.max(length, bytes.get(pathname) ?? 0));
  });
  const total = (/** @type {(path: string) => boolean} */ counts) =>
    [...bytes].reduce((sum, [path, length]) => (counts(path) ? sum + length : sum), 0);
  return {
    /** Forgets what was counted. */
    reset: () => bytes.clear(),
    /** Bytes of model packages. */
    model: () => total((path) => path.includes('/models/')),
    /** Bytes of the upscaler, part of the model; 0 where the package has none. */
    upscaler: () => total((path) => /\/models\/.*\/upscaler[\w.-]*\.onnx$/.test(path)),
    /** Bytes of the page, its scripts and onnxruntime. */
    app: () => total((path) => !path.includes('/models/')),
  };
}
