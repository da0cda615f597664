/** `ENOSPC`, `Z_DATA_ERROR`: what Node calls an error of the system or of a library; empty for an error without such a name. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
