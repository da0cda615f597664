import { expect, test } from '@jest/globals';
import { blankText } from './blank-text.js';
import { scanImports } from './scan-imports.js';

test.each([
  ['a static import', "import { a } from './a.js';", ['./a.js']],
  ['an import over several lines', "import {\n  a,\n  type B,\n} from '../x/b.js';", ['../x/b.js']],
  ['a type import', "import type { A } from './a.js';", ['./a.js']],
  ['an export', "export * from './a.js';\nexport { b } from './b.js';", ['./a.js', './b.js']],
  ['an import for its effect', "import './a.js';", ['./a.js']],
  ['a dynamic import', "const a = (await import('./a.js')).run();", ['./a.js']],
  ['an import inside a template', `const s = \`x \${(await import('./a.js')).b} from 'no'\`;`, ['./a.js']],
  ['an import in a type', "let x: import('node:fs').Stats;", ['node:fs']],
  ['createRequire called at once', "createRequire(import.meta.url)('pkg/package.json');", ['pkg/package.json']],
  ['createRequire resolving', "createRequire(import.meta.url).resolve('@a/b/c');", ['@a/b/c']],
  ['require under its name', "const r = require('a'); require.resolve('b');", ['a', 'b']],
  ['a comment is no import', "// from './a.js'\n/* import './b.js' */\n * x", []],
  ['a string is no import', 'const a = "import x from \'./a.js\'";', []],
  ['a template is no import', "const a = `import './a.js'`;", []],
  ['quotes in a regular expression open no string', "const r = /['\"`]/; import('./a.js');", ['./a.js']],
  ['a division opens no regular expression', "const d = a / b; import('./a.js'); const e = c / d;", ['./a.js']],
])('%s', (_name, source, wantSpecifiers) => {
  expect(scanImports(source).imports.map((found) => found.specifier)).toEqual(wantSpecifiers);
});

test('tells the line', () => {
  expect(scanImports("\n\nimport a from 'b';").imports).toEqual([{ specifier: 'b', line: 3 }]);
});

test('finds imports that nobody can name', () => {
  expect(scanImports("import('a');\nimport(name);").computedLines).toEqual([2]);
});

test('blanking keeps every position', () => {
  const source = `a('b\\'c'); // d\n\`e\${f('g')}h\``;
  const blanked = blankText(source);
  expect(blanked).toBe(`a('    ');     \n\` \${f(' ')} \``);
  expect(blanked.length).toBe(source.length);
});
