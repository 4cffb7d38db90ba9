import { errorKind, type ErrorKind } from '../shared/errors';

/** What the page keeps of an error: its kind and a message that says what to do. */
export interface Failure {
  kind: ErrorKind;
  message: string;
}

export function toFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: errorKind(error), message };
}
