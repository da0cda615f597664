/** Models that came as bytes in a load request, laid out as a repository of their own in the temporary folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Repository } from './repository.js';

export interface InlineRepository {
  readonly repository: Repository;
  readonly remove: () => void;
}

export function writeInlineRepository(name: string, files: ReadonlyMap<string, Uint8Array>): InlineRepository {
  const root = mkdtempSync(join(tmpdir(), 'slipway-inline-'));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  try {
    for (const [path, bytes] of files) {
      const file = join(root, name, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { repository: new Repository({ path: root }), remove };
}
