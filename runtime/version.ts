/** Version of Slipway, from the package.json above the compiled or the source file. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export function readOwnVersion(from: string = dirname(fileURLToPath(import.meta.url))): string {
  const path = join(from, 'package.json');
  if (!existsSync(path)) {
    if (dirname(from) === from) throw new Error('No folder above holds package.json: the version cannot be read');
    return readOwnVersion(dirname(from));
  }
  const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) throw new Error(`"${path}" has no version`);
  return String(manifest.version);
}
