/** JSON text with words replaced where they are values, and left alone inside strings. */

/** `word` matches no quote and no backslash. */
export function mendWords(text: string, word: RegExp, replace: (found: string) => string): string {
  const parts: string[] = [];
  const token = new RegExp(`["\\\\]|${word.source}`, 'g');
  let isInside = false;
  let copied = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [found] = match;
    if (found === '"') isInside = !isInside;
    else if (found === '\\') token.lastIndex += 1;
    else if (!isInside) {
      parts.push(text.slice(copied, match.index), replace(found));
      copied = token.lastIndex;
    }
  }
  parts.push(text.slice(copied));
  return parts.join('');
}
