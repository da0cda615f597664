/** What the runtime image gives to its process, so that a server outside it is measured as pods run it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStages } from '../../images/containerfile.js';
import { BENCH_FOLDER } from './raw-process.js';

const CONTAINERFILE = join(BENCH_FOLDER, '..', '..', '..', 'images', 'Containerfile');

export function readImageEnvironment(): Record<string, string> {
  return parseStageEnvironment(readFileSync(CONTAINERFILE, 'utf8'), 'runtime');
}

/** Variables that ENV sets in one stage of a Containerfile. Pure. Throws when there are none. */
export function parseStageEnvironment(text: string, stage: string): Record<string, string> {
  const lines = readStages(text).get(stage)?.body.split('\n') ?? [];
  const pairs = lines.flatMap((line) => (line.startsWith('ENV ') ? [...line.matchAll(/(\w+)=(\S+)/g)] : []));
  if (pairs.length === 0) throw new Error(`The stage "${stage}" of images/Containerfile sets no variable`);
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}
