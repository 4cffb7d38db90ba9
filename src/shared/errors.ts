/**
 * Error kinds that cross the worker boundary. Comlink carries only name, message and stack, so the
 * kind travels in `name`. Messages say what is wrong and what to do.
 */
export const ERROR_KINDS = [
  'InvalidOption',
  'InvalidPrompt',
  'InvalidManifest',
  'ModelDownload',
  'ModelIntegrity',
  'StorageFull',
  'BackendUnavailable',
  'DeviceLost',
  'OutOfMemory',
  'Cancelled',
  'ExportUnsupported',
  'ExportFailed',
  'WorkerCrashed',
  'Internal',
] as const;

export type ErrorKind = (typeof ERROR_KINDS)[number];

/** An error with a kind; `message` is meant for the user. */
export class FlipbookError extends Error {
  constructor(
    readonly kind: ErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = kind;
  }
}

/** The kind of any thrown value; what is not ours is 'Internal'. */
export function errorKind(error: unknown): ErrorKind {
  const name = error instanceof Error ? error.name : '';
  return ERROR_KINDS.find((kind) => kind === name) ?? 'Internal';
}
