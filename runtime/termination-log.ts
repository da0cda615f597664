/** Leaves the reason of an end where the kubelet reads it. Outside a pod the file does not exist and nothing is written. */
import { existsSync, writeFileSync } from 'node:fs';
import { PATHS } from '../contract/paths.js';
import { formatTermination, type Termination } from '../contract/termination.js';

export function writeTermination(termination: Termination, path: string = PATHS.terminationLog): void {
  if (existsSync(path)) writeFileSync(path, formatTermination(termination));
}
