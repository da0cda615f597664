/**
 * What follows from an object that never changes is computed once for it and forgotten with it. Objects of the caches are such: a
 * change comes as another object. No truth is kept here: without it all is the same, and slower.
 */
export function perObject<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value }>();
  return (key) => {
    const hit = known.get(key);
    if (hit !== undefined) return hit.value;
    const value = compute(key);
    known.set(key, { value });
    return value;
  };
}
