/** Paths that others give to files of a model: inside the model's folder, and printable as `sha256sum` prints them. */

const MAX_PATH = 512;

/** Why a path cannot be one of a model's files; undefined for one that can. */
export function refusePath(path: string): string | undefined {
  if (path === '') return 'has no name';
  if (path.length > MAX_PATH) return `has a name of more than ${MAX_PATH} characters`;
  if (/[\p{Cc}\\]/u.test(path)) return 'has a control character or a backslash in its name';
  if (path.startsWith('/')) return "is an absolute path, which leads out of the model's folder";
  if (path.split('/').includes('..')) return "leads out of the model's folder";
  if (path.split('/').some((part) => part === '' || part === '.')) return 'has an empty part or "." in its name';
  return undefined;
}
