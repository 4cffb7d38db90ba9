/** Entry of the pipeline worker: exposes the API and carries frames without copying. */
import { expose, releaseProxy, transfer } from 'comlink';
import type { ProxyMethods } from 'comlink';
import type { PipelineApi, Progress } from '../src/shared/protocol';
import { Pipeline } from './pipeline';

// The bundler keeps worker scripts one folder below the page, in development and when built.
const pipeline = new Pipeline(new URL('../ort/', self.location.href).href);

const api: PipelineApi = {
  load: (baseUrl, backend, onProgress, threads) =>
    withCallback(onProgress, (report) => pipeline.load(baseUrl, backend, report, threads)),
  generate: (options, onProgress) =>
    withCallback(onProgress, (report) =>
      pipeline.generate(options, (progress) => report(withTransfer(progress))),
    ),
  cancel: () => pipeline.cancel(),
  unknownSpans: (prompt) => pipeline.unknownSpans(prompt),
  dispose: () => pipeline.dispose(),
};

function withTransfer(progress: Progress): Progress {
  return progress.kind === 'frame' ? transfer(progress, [progress.pixels.buffer]) : progress;
}

/**
 * Runs `work` with the page's callback and closes the callback's port afterwards. Callbacks and
 * results travel on different ports, so the result waits until the last callback was answered:
 * no frame arrives after the end of its job.
 */
async function withCallback<Message, Result>(
  callback: (message: Message) => unknown,
  work: (report: (message: Message) => void) => Promise<Result>,
): Promise<Result> {
  let answered: Promise<unknown> = Promise.resolve();
  try {
    return await work((message) => {
      answered = Promise.resolve(callback(message)).catch(() => undefined);
    });
  } finally {
    await answered;
    (callback as Partial<ProxyMethods>)[releaseProxy]?.();
  }
}

expose(api);

// The page hears of this worker's death by getting this lock, which is held until then.
if ('locks' in navigator) {
  void navigator.locks.request(self.name, () => {
    self.postMessage({ alive: true });
    return new Promise<never>(() => undefined);
  });
}
