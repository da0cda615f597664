/** On a busy machine the kernel deals time out to groups: the client and the operator are to have as much as the cluster has. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const AUTOGROUP = '/proc/self/autogroup';
/** The weight of seven processes, which is what a cluster of pretended nodes has (`raiseWeight` in cluster/cgroups.ts). */
const NICE = -9;

/** Returns what undoes it. Operators are children in the same session, hence in the same group. */
export function raiseOwnWeight(): () => void {
  if (!existsSync(AUTOGROUP)) return () => undefined;
  const before = /nice (-?\d+)/.exec(readFileSync(AUTOGROUP, 'utf8'))?.[1] ?? '0';
  writeFileSync(AUTOGROUP, String(NICE));
  return () => writeFileSync(AUTOGROUP, before);
}
