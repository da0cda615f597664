/** Last words of a log, without reading all of it: logs of long-lived components are large. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

const MOST_BYTES = 64 * 1024;

/** Indented lines, ready to stand below a sentence. */
export function tailFile(path: string, lines: number): string {
  if (!existsSync(path)) return '    (no log)';
  const text = readEnd(path).trimEnd();
  return text
    .split('\n')
    .slice(-lines)
    .map((line) => `    ${line}`)
    .join('\n');
}

function readEnd(path: string): string {
  const file = openSync(path, 'r');
  try {
    const size = fstatSync(file).size;
    const buffer = Buffer.alloc(Math.min(size, MOST_BYTES));
    const read = readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8', 0, read);
  } finally {
    closeSync(file);
  }
}
