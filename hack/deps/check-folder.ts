/** Holds one folder's files against its DEPS. Pure: files come in as text. */
import { posix } from 'node:path';
import { blankText } from './blank-text.js';
import { type DepsEntry, parseDeps, TEST_LIBRARIES } from './deps-file.js';
import { type FoundImport, lineAt, scanImports } from './scan-imports.js';

export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface Folder {
  readonly path: string;
  readonly files: readonly SourceFile[];
  /** Text of its DEPS; undefined when there is none. */
  readonly deps: string | undefined;
  /** Nothing in it may wait, read a clock, a random number or the environment. */
  readonly pure: boolean;
  /** Its code is in an image: packages of development are not. */
  readonly ships: boolean;
}

/** What names may refer to. */
export interface World {
  readonly folders: ReadonlySet<string>;
  /** Without .ts. */
  readonly files: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
  /** Those of `packages` that are for development only. */
  readonly devPackages: ReadonlySet<string>;
  /** Folders that a generator writes: each is one entry with all that is inside. */
  readonly generated: readonly string[];
}

const IMPURE = [
  { form: /\bawait\b/g, what: 'waits' },
  { form: /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b/g, what: 'reads the clock' },
  { form: /\bMath\.random\b/g, what: 'reads a random number' },
  { form: /\bprocess\.env\b/g, what: 'reads the environment' },
];

export interface Problem {
  /** Where, what and how to mend it, in one line. */
  readonly text: string;
  /** A line of DEPS that allows more than is needed, and what it should be; undefined removes it. */
  readonly narrow?: { readonly line: number; readonly to: string | undefined };
}

interface Check {
  readonly folder: Folder;
  readonly world: World;
  readonly entries: readonly DepsEntry[];
  /** By name of the entry that allowed something. */
  readonly used: Map<string, { readonly byCode: boolean }>;
}

export function checkFolder(folder: Folder, world: World): Problem[] {
  const { path, deps, files } = folder;
  if (deps === undefined)
    return [{ text: `${path}  has no file DEPS: make ${path}/DEPS with one line for each folder, package and module that it imports` }];
  const check: Check = { folder, world, entries: parseDeps(deps), used: new Map() };
  return [
    ...check.entries.flatMap((entry) => nameProblems(entry, check)),
    ...files.flatMap((file) => [...importProblems(file, check), ...(folder.pure ? purityProblems(file) : [])]),
    ...check.entries.flatMap((entry) => useProblems(entry, check)),
  ];
}

function nameProblems({ name, line, testsOnly }: DepsEntry, { folder, world }: Check): Problem[] {
  if (folder.ships && !testsOnly && world.devPackages.has(name) && !TEST_LIBRARIES.has(name)) {
    return [
      { text: `${folder.path}/DEPS:${line}  "${name}" is a devDependency and this folder ships: make it a dependency, or write "test: ${name}"` },
    ];
  }
  const { folders, files, generated, packages } = world;
  if (name.startsWith('node:') || folders.has(name) || files.has(name) || generated.includes(name) || packages.has(name)) return [];
  return [{ text: `${folder.path}/DEPS:${line}  "${name}" is no folder, no file and no package of package.json: correct it or remove the line` }];
}

function useProblems({ name, line, testsOnly }: DepsEntry, { folder, used }: Check): Problem[] {
  const use = used.get(name);
  const where = `${folder.path}/DEPS:${line}  allows "${name}"`;
  if (use === undefined) {
    const why = TEST_LIBRARIES.has(name) ? 'which tests may import anyway' : 'which nothing in the folder imports';
    return [{ text: `${where}, ${why}: remove the line`, narrow: { line, to: undefined } }];
  }
  if (use.byCode || testsOnly) return [];
  return [{ text: `${where}, which only tests import: write "test: ${name}"`, narrow: { line, to: `test: ${name}` } }];
}

function importProblems(file: SourceFile, check: Check): Problem[] {
  const scan = scanImports(file.text);
  const computed = scan.computedLines.map((line) => ({
    text: `${file.path}:${line}  imports something computed: give import() a literal, so that DEPS can be held against it`,
  }));
  return [...computed, ...scan.imports.flatMap((found) => importProblem(file, found, check))];
}

function importProblem(file: SourceFile, { specifier, line }: FoundImport, { folder, world, entries, used }: Check): Problem[] {
  const isTest = isTestCode(file.path);
  const names = namesOf(file.path, specifier, world.generated);
  if (names.includes(folder.path) || (isTest && names.some((name) => TEST_LIBRARIES.has(name)))) return [];
  const entry = entries.find(({ name, testsOnly }) => names.includes(name) && (isTest || !testsOnly));
  if (entry !== undefined) {
    const byCode = !isTest || file.path.startsWith('test/') || used.get(entry.name)?.byCode === true;
    used.set(entry.name, { byCode });
    return [];
  }
  const prefix = file.path.endsWith('.test.ts') && !file.path.startsWith('test/') ? 'test: ' : '';
  const advice = `remove the import, or add the line "${prefix}${names[0]}" there (an arrow that the architecture lacks needs an ADR first)`;
  return [{ text: `${file.path}:${line}  imports "${specifier}", which ${folder.path}/DEPS does not allow: ${advice}` }];
}

/** What tests of a folder share lies beside them: "test-server.ts". */
const HELPER = /\/test-[^/]+\.ts$/;

/** Below test/ everything is a test, the helpers too: there, no entry needs "test:". */
function isTestCode(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('test/') || HELPER.test(path);
}

/** DEPS without what it allows in vain. Allowing more is a decision, and nothing that a program takes. */
export function tidyDeps(text: string, problems: readonly Problem[]): string {
  const edits = new Map(problems.flatMap(({ narrow }) => (narrow === undefined ? [] : [[narrow.line, narrow.to] as const])));
  const lines = text.split('\n').flatMap((line, index) => {
    if (!edits.has(index + 1)) return [line];
    const to = edits.get(index + 1);
    return to === undefined ? [] : [to];
  });
  return lines.join('\n');
}

/** The names under which DEPS may allow an import: ours by folder or file, a package by its name, a module of Node as it is. */
export function namesOf(from: string, specifier: string, generated: readonly string[]): string[] {
  if (specifier.startsWith('node:')) return [specifier];
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(from), specifier).replace(/\.js$/, '');
    return [generated.find((folder) => target.startsWith(`${folder}/`)) ?? posix.dirname(target), target];
  }
  const [scope = '', name = ''] = specifier.split('/');
  return [scope.startsWith('@') ? `${scope}/${name}` : scope];
}

function purityProblems(file: SourceFile): Problem[] {
  if (isTestCode(file.path)) return [];
  const code = blankText(file.text);
  return IMPURE.flatMap(({ form, what }) =>
    [...code.matchAll(form)].map((match) => ({
      text: `${file.path}:${lineAt(code, match.index)}  ${what} ("${match[0]}") in a pure folder: take the value as an argument, or move the code out`,
    })),
  );
}
