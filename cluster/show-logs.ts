/** `cluster:logs`: what the components and the supervisor wrote. */
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { runForeground } from './foreground.js';
import { type Layout, secondNodeOf } from './layout.js';

const LINES_OF_ONE = '200';
const LINES_OF_EACH = '5';

export function showLogs(layout: Layout, component: string | undefined, follow: boolean): Promise<number> {
  const second = secondNodeOf(layout);
  const paths = new Map([
    ...logFiles(layout).map((file) => [file.replace(/\.log$/, ''), join(layout.logDir, file)] as const),
    ...logFiles(second).map((file) => [`node-2/${file.replace(/\.log$/, '')}`, join(second.logDir, file)] as const),
  ]);
  const names = [...paths.keys()];
  if (names.length === 0) throw new Error(`Cluster "${layout.name}" has no logs yet: start it with npm run cluster:up -- --name ${layout.name}`);
  if (component !== undefined && !names.includes(component)) throw new Error(`"${component}" has no log: choose one of ${names.join(', ')}`);
  const files = (component === undefined ? names : [component]).map((one) => paths.get(one) ?? '');
  return runForeground('tail', [...(follow ? ['-F'] : []), '-n', component === undefined ? LINES_OF_EACH : LINES_OF_ONE, ...files]);
}

/** Before a new start: the logs of the last run are kept in `previous`, those before it go. */
export function rotateLogs(layout: Layout): void {
  const previous = join(layout.logDir, 'previous');
  mkdirSync(previous, { recursive: true });
  for (const file of logFiles(layout)) renameSync(join(layout.logDir, file), join(previous, file));
}

function logFiles(layout: Layout): string[] {
  return existsSync(layout.logDir) ? readdirSync(layout.logDir).filter((file) => file.endsWith('.log')) : [];
}
