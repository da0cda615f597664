/** Writes the build context that images/Containerfile copies from: one folder per image, and the Node binary that both share. */
import { chmodSync, copyFileSync, mkdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import type { ImageName, Platform } from './components.js';
import { type ContentFile, type ImageContent, shippedFiles } from './image-content.js';

const NODE_BINARY = join('node_modules', 'node', 'bin', 'node');

/** Replaces the folder at once when it is complete. */
export function stageContext(folder: string, contents: ReadonlyMap<ImageName, ImageContent>, platform: Platform): void {
  const umask = process.umask(0o022); // folders too have to be open to every user
  try {
    stage(folder, contents, platform);
  } finally {
    process.umask(umask);
  }
}

function stage(folder: string, contents: ReadonlyMap<ImageName, ImageContent>, platform: Platform): void {
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  place({ source: realpathSync(NODE_BINARY) }, join(partial, 'node'));
  for (const [name, content] of contents) {
    for (const [path, file] of content.app) place(file, join(partial, name, 'app', path));
    for (const path of content.packages.keys()) {
      for (const file of shippedFiles(path, platform)) place({ source: join(path, file) }, join(partial, name, path, file));
    }
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
}

/** Readable for everybody, however private the original is: the image runs as any user. */
function place(file: ContentFile, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  if ('text' in file) writeFileSync(to, file.text);
  else copyFileSync(file.source, to);
  const isProgram = 'source' in file && (statSync(file.source).mode & 0o100) !== 0;
  chmodSync(to, isProgram ? 0o755 : 0o644);
}
