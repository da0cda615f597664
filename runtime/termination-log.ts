/** Leaves the reason of an end where the kubelet reads it. Outside a pod the file does not exist and nothing is written. */
import { existsSync, writeFileSync } from 'node:fs';
import { PATHS } from '../contract/paths.js';
import { formatTermination, type Termination } from '../contract/termination.js';

/** Never throws: the exit code says the same, and must not be lost to a file that cannot be written. */
export function writeTermination(termination: Termination, path: string = PATHS.terminationLog): void {
  if (!existsSync(path)) return;
  try {
    writeFileSync(path, formatTermination(termination));
  } catch (error) {
    console.error(`Could not write the reason of the end to "${path}": ${error instanceof Error ? error.message : String(error)}`);
  }
}
