/** True for an error of Node's with one of these codes. Asked by shape: under jest the errors of Node are of another realm's class. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && codes.includes(String(error.code));
}
