/** Gives failures of onnxruntime, WebAssembly and WebGPU their kind and a remedy. */
import { errorKind, FlipbookError } from '../../src/shared/errors';

const OUT_OF_MEMORY =
  /out of memory|bad_alloc|allocation fail|failed to allocate|cannot allocate|can't allocate|memory access out of bounds|OOM|not enough memory/i;
const DEVICE_LOST = /device (is |was )?lost|lost device|external Instance reference/i;
const LIBRARY_MISSING = /no available backend found|dynamically imported module/i;

export function runtimeError(error: unknown): FlipbookError {
  if (error instanceof FlipbookError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const kind = errorKind(error);
  if (kind !== 'Internal') return new FlipbookError(kind, message, { cause: error });
  if (OUT_OF_MEMORY.test(message)) {
    return new FlipbookError(
      'OutOfMemory',
      `The clip did not fit into memory (${message}). Close other tabs or choose fewer rounds, ` +
        'then press Generate. Finished frames are kept.',
      { cause: error },
    );
  }
  if (DEVICE_LOST.test(message)) {
    return new FlipbookError(
      'DeviceLost',
      `The graphics processor stopped (${message}). Finished frames are kept. Press Generate to ` +
        'try again, or use ?backend=wasm.',
      { cause: error },
    );
  }
  if (LIBRARY_MISSING.test(message)) {
    return new FlipbookError(
      'BackendUnavailable',
      `The inference library could not be started (${message}). Check the connection and reload ` +
        'the page.',
      { cause: error },
    );
  }
  return new FlipbookError(
    'Internal',
    `The model could not be run (${message}). Reload the page; if it repeats, use ?backend=wasm.`,
    { cause: error },
  );
}
