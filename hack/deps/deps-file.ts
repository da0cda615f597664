/**
 * The file DEPS of a folder: everything that the folder's own .ts files may import, one entry a line. Pure.
 *
 *   runtime/core      the files of that folder; a folder inside it is an entry of its own
 *   proto/gen         all of a generated folder
 *   hack/exec         one file, with or without .ts
 *   undici            an npm package
 *   node:fs           a module of Node
 *   test: node:fs     the same, but only for the folder's *.test.ts; below test/ all is test
 *   # …               a comment
 *
 * A folder may always import its own files, and its tests @jest/globals and fast-check.
 */
export interface DepsEntry {
  readonly name: string;
  readonly line: number;
  readonly testsOnly: boolean;
}

export const TEST_LIBRARIES: ReadonlySet<string> = new Set(['@jest/globals', 'fast-check']);

export function parseDeps(text: string): DepsEntry[] {
  return text.split('\n').flatMap((raw, index) => {
    const entry = raw.replace(/#.*$/, '').trim();
    if (entry === '') return [];
    const testsOnly = entry.startsWith('test:');
    return [{ name: (testsOnly ? entry.slice('test:'.length).trim() : entry).replace(/\.ts$/, ''), line: index + 1, testsOnly }];
  });
}
