/** A mistake in the arguments: the script ends with exit code 2. */
export class UsageError extends Error {
  /** @override */
  name = 'UsageError';
}
