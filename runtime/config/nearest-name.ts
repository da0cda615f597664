/** Which known name somebody meant who wrote an unknown one. */

/** Undefined when nothing is near: more than a third of its letters would have to change. */
export function findNearest(name: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(Math.min(name.length, 64) / 3));
  const ranked = known.map((other) => ({ other, distance: editDistance(name.slice(0, 64).toLowerCase(), other.toLowerCase()) }));
  const best = ranked.sort((a, b) => a.distance - b.distance)[0];
  return best !== undefined && best.distance <= limit ? best.other : undefined;
}

/** `did you mean "x"? Known: a, b`, to end the sentence that refuses `name`. */
export function suggest(name: string, known: readonly string[]): string {
  const nearest = findNearest(name, known);
  const list = known.length === 0 ? 'nothing is known here' : `known: ${known.join(', ')}`;
  return nearest === undefined ? list : `did you mean "${nearest}"? ${list}`;
}

/** Levenshtein: insertions, deletions and replacements. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
