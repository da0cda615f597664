/** How limits of a process's cgroups are read: each group on the way to the root binds, and any file may be missing. */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** "/a/b" → "/a/b", "/a", "/": inside a container's own namespace only "/" is there to be read. */
export function listAncestors(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === path || path === '.' ? ['/'] : [path, ...listAncestors(parent)];
}

/** Undefined when it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
