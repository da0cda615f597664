/** Files as they were recorded on another machine, each set under a root of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export class RecordedFiles {
  readonly #roots: string[] = [];

  /** Content by path; returns what stands in for `/`. */
  write(files: Readonly<Record<string, string | undefined>>): string {
    const root = mkdtempSync(join(tmpdir(), 'slipway-recorded-'));
    this.#roots.push(root);
    for (const [path, text] of Object.entries(files)) {
      if (text === undefined) continue;
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return root;
  }

  /** For afterEach. */
  remove(): void {
    for (const root of this.#roots.splice(0)) rmSync(root, { recursive: true });
  }
}
