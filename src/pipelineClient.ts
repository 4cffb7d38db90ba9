/**
 * The page's end of the pipeline worker, and the only place that makes one. A call to a dead
 * worker would never settle, so every call races with the worker's end: a thrown error, a message
 * that cannot be read, an exit without a word, or our own terminate.
 */
import { proxy, wrap, type Remote } from 'comlink';
import { errorKind, FlipbookError } from './shared/errors';
import type { GenerationOptions } from './shared/options';
import type {
  Backend,
  GenerationResult,
  LoadedModel,
  LoadProgress,
  PipelineApi,
  Progress,
  UnknownSpan,
} from './shared/protocol';

/** A cancelled job ends within one decoding step; a worker silent for longer is terminated. */
const CANCEL_GRACE_MILLISECONDS = 20_000;

const CRASH_ADVICE =
  'Frames that were finished are kept. The model is loaded again; then press Generate. ' +
  'If it happens again, close other tabs to free memory.';

/** One worker from its start to its end. */
interface WorkerLife {
  worker: Worker;
  api: Remote<PipelineApi>;
  /** Rejects when the worker ends, however that happens. */
  ended: Promise<never>;
  end(reason: FlipbookError): void;
}

function crash(detail: string): FlipbookError {
  return new FlipbookError(
    'WorkerCrashed',
    `The drawing process stopped: ${detail}. ${CRASH_ADVICE}`,
  );
}

/** Comlink carries name, message and stack; this gives the kind its class back. */
function revive(error: unknown): FlipbookError {
  if (error instanceof FlipbookError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new FlipbookError(errorKind(error), message, { cause: error });
}

/**
 * Calls back when the worker is gone without a word (killed for memory, or closed). The worker
 * holds a lock named like itself and says so; the browser passes the lock on when it dies.
 */
function watchLife(worker: Worker, name: string, signal: AbortSignal, onDeath: () => void): void {
  const hear = ({ data }: MessageEvent<unknown>): void => {
    if (typeof data !== 'object' || data === null || !('alive' in data)) return;
    worker.removeEventListener('message', hear);
    // Aborting the request rejects it: that is our own end of the watch.
    navigator.locks.request(name, { signal }, onDeath).catch(() => undefined);
  };
  worker.addEventListener('message', hear);
}

export class PipelineClient {
  #life: WorkerLife | null = null;
  #cancelTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #lossListeners = new Set<(reason: FlipbookError) => void>();

  /** @param threads WASM threads, for measurements; by default as many as are useful. */
  constructor(private readonly threads?: number) {}

  /** Tells when a worker is lost against our will; its model is gone with it. */
  readonly onLoss = (listener: (reason: FlipbookError) => void): (() => void) => {
    this.#lossListeners.add(listener);
    return () => void this.#lossListeners.delete(listener);
  };

  load(
    baseUrl: string,
    backend: Backend | 'auto',
    onProgress: (progress: LoadProgress) => void,
  ): Promise<LoadedModel> {
    return this.#call((api) => api.load(baseUrl, backend, proxy(onProgress), this.threads));
  }

  /** Draws one clip; resolves 'cancelled' after `cancel`. */
  async generate(
    options: GenerationOptions,
    onProgress: (progress: Progress) => void,
  ): Promise<GenerationResult> {
    try {
      return await this.#call((api) => api.generate(options, proxy(onProgress)));
    } finally {
      clearTimeout(this.#cancelTimer);
    }
  }

  /** Asks the running job to stop; ends the worker if it does not hear. */
  cancel(): void {
    const life = this.#life;
    if (!life) return;
    clearTimeout(this.#cancelTimer);
    // The job's own call reports failures; this one only carries the wish.
    Promise.resolve(life.api.cancel()).catch(() => undefined);
    this.#cancelTimer = setTimeout(() => {
      life.end(new FlipbookError('Cancelled', 'The job did not stop in time and was ended.'));
    }, CANCEL_GRACE_MILLISECONDS);
  }

  unknownSpans(prompt: string): Promise<UnknownSpan[]> {
    return this.#call((api) => api.unknownSpans(prompt));
  }

  /** Ends the worker, which gives all its memory back. The next call starts a new one. */
  terminate(): void {
    const life = this.#life;
    if (!life) return;
    this.#life = null;
    life.end(new FlipbookError('Cancelled', 'The worker was ended to free its memory.'));
  }

  async #call<Result>(run: (api: Remote<PipelineApi>) => Promise<Result>): Promise<Result> {
    const life = (this.#life ??= this.#spawn());
    try {
      return await Promise.race([run(life.api), life.ended]);
    } catch (error) {
      throw revive(error);
    }
  }

  #spawn(): WorkerLife {
    const name = `flipbook-${Math.random().toString(36).slice(2)}`;
    const worker = new Worker(new URL('../workers/pipeline.worker.ts', import.meta.url), {
      type: 'module',
      name,
    });
    const watch = new AbortController();
    let reject: (reason: FlipbookError) => void = () => undefined;
    const ended = new Promise<never>((_, rejectEnded) => {
      reject = rejectEnded;
    });
    ended.catch(() => undefined); // An idle worker may end with no call in flight.
    const life: WorkerLife = {
      worker,
      api: wrap<PipelineApi>(worker),
      ended,
      end: (reason) => {
        watch.abort();
        worker.terminate();
        reject(reason);
        this.#lost(life, reason);
      },
    };
    worker.addEventListener('error', (event) => {
      life.end(crash(event.message || 'its script could not be loaded'));
    });
    worker.addEventListener('messageerror', () => life.end(crash('a message was unreadable')));
    watchLife(worker, name, watch.signal, () => life.end(crash('the browser ended it')));
    return life;
  }

  #lost(life: WorkerLife, reason: FlipbookError): void {
    if (this.#life !== life) return;
    this.#life = null;
    for (const listener of this.#lossListeners) listener(reason);
  }
}
