/** Asks `cluster/scheduler`: kube-scheduler's own filters, over snapshots. */
import { ensureScheduler } from '../../cluster/binaries.js';
import { exec } from '../../hack/exec.js';
import type { KubeObject } from '../../operator/ports.js';
import { asList, asRecord, asText, isRecord } from '../../operator/view/json.js';

export interface Snapshot {
  readonly nodes: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  /** The pod that is to be placed. */
  readonly pod: KubeObject;
}

/** What the first filter that says no says; no plugin when none does. */
export interface NodeVerdict {
  readonly plugin: string;
  readonly reasons: readonly string[];
  /** The plugin left the node out before the filters were run one after the other. */
  readonly isPreFiltered: boolean;
}

/** By node, for each snapshot in its order. */
export async function askScheduler(snapshots: readonly Snapshot[]): Promise<ReadonlyMap<string, NodeVerdict>[]> {
  const program = await ensureScheduler(() => undefined);
  const said = await exec(program, [], { input: snapshots.map((snapshot) => `${JSON.stringify(snapshot)}\n`).join('') });
  return said.split('\n').filter(Boolean).map(readVerdicts);
}

function readVerdicts(line: string): ReadonlyMap<string, NodeVerdict> {
  const said: unknown = JSON.parse(line);
  if (!isRecord(said)) throw new Error(`The scheduler's filters answered ${line}`);
  return new Map(
    Object.entries(said).map(([node, value]) => {
      const { plugin, reasons, preFiltered } = asRecord(value);
      return [node, { plugin: asText(plugin) ?? '', reasons: asList(reasons).map((one) => asText(one) ?? ''), isPreFiltered: preFiltered === true }];
    }),
  );
}
