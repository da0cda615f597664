/** Label files: the names of an output's classes, one a line, in the model's folder. */
import { join } from 'node:path';
import { readBounded } from './read-bounded.js';

const MAX_LABELS_BYTES = 16 * 1024 * 1024;

/** Labels by output. Throws an Error that names a file that is missing or too large. */
export function readLabels(folder: string, files: ReadonlyMap<string, string>): Map<string, readonly string[]> {
  return new Map(
    [...files].map(([output, file]) => {
      const text = readBounded(join(folder, file), MAX_LABELS_BYTES)?.toString('utf8');
      if (text === undefined) throw new Error(`"label_filename" of output "${output}" is "${file}", and the model's folder has no such file`);
      return [output, text.replace(/\r?\n$/, '').split(/\r?\n/)] as const;
    }),
  );
}
