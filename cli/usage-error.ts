/** A command line that cannot be carried out: the person who wrote it mends it, so the text names the flag, the value and the fix. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
