/**
 * The order of resourceVersions of one kind. They are decimal numbers of any length where the API server is Kubernetes' own, which
 * KEP-5504 made a promise; what looks otherwise has no order that we know.
 */

const DECIMAL = /^[1-9][0-9]*$/;

/** Negative when `left` is older, 0 when they are the same, undefined when nobody can tell. "9" is older than "10". */
export function compareVersions(left: string | undefined, right: string | undefined): number | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (left === right) return 0;
  if (!DECIMAL.test(left) || !DECIMAL.test(right)) return undefined;
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : 1;
}

/** Provably. */
export function isOlder(left: string | undefined, right: string | undefined): boolean {
  const order = compareVersions(left, right);
  return order !== undefined && order < 0;
}
