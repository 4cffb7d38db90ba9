import { wrap, type Remote } from 'comlink';
import { errorKind, FlipbookError } from '../shared/errors';
import type { ExportApi } from '../shared/exportProtocol';

/**
 * Runs one export in a worker of its own, so that a clip can be saved while another one is drawn
 * and after the pipeline worker crashed. The worker ends with the export and frees its memory.
 *
 * @throws FlipbookError ExportUnsupported, ExportFailed
 */
export async function withExportWorker<Result>(
  run: (api: Remote<ExportApi>) => Promise<Result>,
): Promise<Result> {
  const worker = new Worker(new URL('../../workers/export.worker.ts', import.meta.url), {
    type: 'module',
    name: 'flipbook-export',
  });
  try {
    return await Promise.race([run(wrap<ExportApi>(worker)), endOf(worker)]);
  } catch (error) {
    throw revived(error);
  } finally {
    worker.terminate();
  }
}

/** Rejects when the worker fails outside a call, which would then never settle. */
function endOf(worker: Worker): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (detail: string): void => {
      const remedy = 'Free some memory, for example by closing other tabs, and try again.';
      reject(new FlipbookError('ExportFailed', `The export stopped: ${detail}. ${remedy}`));
    };
    worker.addEventListener('error', (event) => {
      fail(event.message || 'its script could not be loaded');
    });
    worker.addEventListener('messageerror', () => fail('a message was unreadable'));
  });
}

/** Comlink carries name, message and stack; this gives the kind its class back. */
function revived(error: unknown): FlipbookError {
  if (error instanceof FlipbookError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const kind = errorKind(error);
  if (kind !== 'Internal') return new FlipbookError(kind, message, { cause: error });
  return new FlipbookError('ExportFailed', `The clip could not be exported: ${message}.`, {
    cause: error,
  });
}
