/** Tells whether files changed without reading them: their size, time and identity. */
import { stat } from 'node:fs/promises';

/** Equal for equal files. A file that has gone meanwhile is part of it, too. */
export async function stampFiles(paths: readonly string[]): Promise<string> {
  const stamps: string[] = [];
  for (const path of [...paths].sort()) {
    const found = await stat(path, { bigint: true }).catch(() => undefined); // gone: the listing is older than this look
    if (found === undefined) stamps.push(`${path} gone`);
    else if (found.isFile()) stamps.push(`${path} ${found.size} ${found.mtimeNs} ${found.ino}`);
  }
  return stamps.join('\n');
}
