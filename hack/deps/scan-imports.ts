/** Finds what a TypeScript file imports, however it does so. Pure. */
import { blankText } from './blank-text.js';

export interface FoundImport {
  readonly specifier: string;
  readonly line: number;
}

/** Each ends at the opening quote of the specifier. They run over code whose strings are blanked. */
const FORMS = [
  /\bfrom\s*['"]/g, // import … from '', export … from ''
  /\bimport\s*['"]/g, // import ''
  /\bimport\s*\(\s*['"`]/g, // import(''), also in types
  /\brequire(?:\.resolve)?\s*\(\s*['"`]/g,
  /\bcreateRequire\([^()]*\)(?:\.resolve)?\(\s*['"`]/g,
];

const COMPUTED = /\bimport\s*\(\s*(?!['"`\s])/g;

export interface ScanResult {
  readonly imports: readonly FoundImport[];
  /** Lines with import() of something that is not a literal: nobody can tell what it loads. */
  readonly computedLines: readonly number[];
}

export function scanImports(source: string): ScanResult {
  const code = blankText(source);
  const imports: FoundImport[] = [];
  for (const form of FORMS) {
    for (const match of code.matchAll(form)) {
      const start = match.index + match[0].length;
      const end = code.indexOf(code.charAt(start - 1), start);
      imports.push({ specifier: source.slice(start, end), line: lineAt(source, match.index) });
    }
  }
  return {
    imports: imports.sort((a, b) => a.line - b.line),
    computedLines: [...code.matchAll(COMPUTED)].map((match) => lineAt(source, match.index)),
  };
}

export function lineAt(source: string, index: number): number {
  return source.slice(0, index).split('\n').length;
}
