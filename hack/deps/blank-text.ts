/**
 * Blanks what is not code: comments, the inside of strings and templates, regular expressions. Positions and line breaks stay, so
 * that a match in the blanked text is a place in the source. Pure.
 *
 * `import a from 'b'; // from 'c'` → `import a from ' ';          `
 */

/** Before a regular expression stands an operator, a bracket or one of these words; before a division, a value. */
const BEFORE_REGEX = /(?:^|[([{,;:=!&|?+\-*%<>~^}]|\b(?:return|typeof|case|in|of|do|else|yield|await))\s*$/;

export function blankText(source: string): string {
  const scanner = new Scanner(source);
  scanner.code(false);
  return scanner.out;
}

class Scanner {
  out = '';
  private at = 0;

  constructor(private readonly source: string) {}

  /** Code up to the end, or up to the brace that closes a template's `${`. */
  code(inTemplate: boolean): void {
    let depth = 0;
    while (this.at < this.source.length) {
      const char = this.source.charAt(this.at);
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
      if (inTemplate && depth < 0) return;
      if (!this.skipText(char)) this.keep(1);
    }
  }

  /** True when a comment, a string, a template or a regular expression began here and was passed. */
  private skipText(char: string): boolean {
    if (char === "'" || char === '"') return this.quoted(char);
    if (char === '`') return this.template();
    if (char !== '/') return false;
    const next = this.source.charAt(this.at + 1);
    if (next === '/') return this.blankTo(this.source.indexOf('\n', this.at));
    if (next === '*') return this.blankTo(this.source.indexOf('*/', this.at + 2) + 2);
    if (!BEFORE_REGEX.test(this.out.slice(-40))) return false;
    const regex = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
    regex.lastIndex = this.at;
    return regex.test(this.source) && this.blankTo(regex.lastIndex);
  }

  private quoted(quote: string): boolean {
    this.keep(1);
    while (this.at < this.source.length && this.source.charAt(this.at) !== quote) this.blank(this.source.charAt(this.at) === '\\' ? 2 : 1);
    this.keep(1);
    return true;
  }

  private template(): boolean {
    this.keep(1);
    while (this.at < this.source.length && this.source.charAt(this.at) !== '`') {
      if (!this.source.startsWith('${', this.at)) {
        this.blank(this.source.charAt(this.at) === '\\' ? 2 : 1);
        continue;
      }
      this.keep(2);
      this.code(true);
      this.keep(1);
    }
    this.keep(1);
    return true;
  }

  private keep(count: number): void {
    this.out += this.source.slice(this.at, this.at + count);
    this.at += count;
  }

  private blank(count: number): void {
    this.out += this.source.slice(this.at, this.at + count).replaceAll(/[^\n]/g, ' ');
    this.at += count;
  }

  private blankTo(end: number): true {
    this.blank((end < this.at ? this.source.length : end) - this.at);
    return true;
  }
}
