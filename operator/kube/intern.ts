/**
 * One string for many equal ones. Every object is parsed by itself, so that ten thousand pods hold ten thousand copies of the names of
 * a few nodes and images.
 */
const MAX_STRINGS = 20_000;
const MAX_LENGTH = 256;
const known = new Map<string, string>();

/** What is no text goes through. */
export function intern<Value>(value: Value): Value | string {
  if (typeof value !== 'string' || value.length > MAX_LENGTH) return value;
  const one = known.get(value);
  if (one !== undefined) return one;
  // forgetting costs nothing but the sharing with what comes later
  if (known.size >= MAX_STRINGS) known.clear();
  known.set(value, value);
  return value;
}
