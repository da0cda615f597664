/** The repository's documents, and the repository that they speak of. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { splitMarkdown } from './markdown.js';

export interface Document {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly blocks: ReturnType<typeof splitMarkdown>['blocks'];
  readonly prose: string;
}

const FOLDERS = ['docs', 'docs/adr', 'docs/guides', 'docs/spec'];

export function readDocuments(): Document[] {
  const paths = ['', ...FOLDERS].flatMap((folder) =>
    readdirSync(folder === '' ? '.' : folder)
      .filter((name) => name.endsWith('.md'))
      .map((name) => posix.join(folder, name)),
  );
  return paths.sort().map(readDocument);
}

export function readDocument(path: string): Document {
  return { path, ...splitMarkdown(readFileSync(path, 'utf8')) };
}

/** Text of the code that reads the environment, this folder's left out. */
export function readSources(): string {
  const folders = ['cli', 'cluster', 'hack', 'images', 'lib', 'operator', 'runtime', 'test'];
  const files = folders.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => posix.join(folder, name)));
  const sources = files.filter((path) => /\.(ts|mjs)$/.test(path) && !path.startsWith('test/docs/'));
  return ['jest.config.js', ...sources].map((path) => readFileSync(path, 'utf8')).join('\n');
}

/** Path from the root of what a document calls `target`. */
export function resolveFrom(document: Document, target: string): string {
  return join(dirname(document.path), target);
}
