/** Which installed packages some packages need, from the lock file. Pure. */
export interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export type Lock = Readonly<Record<string, LockEntry>>;

/** Folders (`node_modules/a`, `node_modules/a/node_modules/b`), sorted. Types have no code: they are left out, and so is what is optional. */
export function packageClosure(lock: Lock, roots: readonly string[], except: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (name: string, from: string): void => {
    if (except.includes(name) || name.startsWith('@types/')) return;
    const folder = resolvePackage(lock, name, from);
    if (folder === undefined) throw new Error(`package-lock.json has no "${name}"${from === '' ? '' : `, which ${from} needs`}: run npm install`);
    if (found.has(folder)) return;
    found.add(folder);
    for (const dependency of Object.keys(lock[folder]?.dependencies ?? {})) visit(dependency, folder);
  };
  for (const root of roots) visit(root, '');
  return [...found].sort();
}

/** As Node looks for it: in the package's own node_modules, then in those of the folders above. */
function resolvePackage(lock: Lock, name: string, from: string): string | undefined {
  const candidate = from === '' ? `node_modules/${name}` : `${from}/node_modules/${name}`;
  if (lock[candidate] !== undefined) return candidate;
  if (from === '') return undefined;
  const above = from.lastIndexOf('node_modules/');
  return resolvePackage(lock, name, from.slice(0, Math.max(0, above - 1)));
}
