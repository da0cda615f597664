/** Waits for a ModelDeployment and tells, whenever it changes, what its status says. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kubectl } from './kubectl.js';

export interface ModelView {
  readonly generation: number;
  readonly observedGeneration: number;
  readonly conditions: ReadonlyMap<string, { readonly status: string; readonly reason: string; readonly message: string }>;
  readonly revision: string;
  readonly replicas: string;
  readonly raw: Record<string, unknown>;
}

export type ModelPredicate = (view: ModelView) => boolean;

export interface WaitOptions {
  readonly namespace: string;
  readonly name: string;
  readonly timeoutMs: number;
  readonly note?: (line: string) => void;
}

export const isReady: ModelPredicate = (view) => view.observedGeneration === view.generation && view.conditions.get('Ready')?.status === 'True';

/** Resolves with the first view that satisfies `wanted`; rejects with the last status when time is over. */
export async function waitForModel(kubectl: Kubectl, wanted: ModelPredicate, options: WaitOptions): Promise<ModelView> {
  const until = Date.now() + options.timeoutMs;
  let said = '';
  while (true) {
    const view = await readModel(kubectl, options);
    const line = view === undefined ? 'not there yet' : describeModel(view);
    if (line !== said) options.note?.(line);
    said = line;
    if (view !== undefined && wanted(view)) return view;
    if (Date.now() > until) throw new Error(`${options.namespace}/${options.name} did not get there in ${options.timeoutMs / 1000} s; last: ${line}`);
    await sleep(500);
  }
}

export async function readModel(kubectl: Kubectl, of: { readonly namespace: string; readonly name: string }): Promise<ModelView | undefined> {
  const raw = await kubectl.getJson(['-n', of.namespace, 'modeldeployments.slipway.dev', of.name]);
  if (!isRecord(raw)) return undefined;
  const status = asRecord(raw['status']);
  const columns = asRecord(status['columns']);
  const conditions = Array.isArray(status['conditions']) ? status['conditions'].map(asRecord) : [];
  return {
    generation: Number(asRecord(raw['metadata'])['generation'] ?? 0),
    observedGeneration: Number(status['observedGeneration'] ?? -1),
    conditions: new Map(
      conditions.map((c) => [String(c['type']), { status: String(c['status']), reason: String(c['reason']), message: String(c['message']) }]),
    ),
    revision: String(columns['revision'] ?? ''),
    replicas: String(columns['replicas'] ?? ''),
    raw,
  };
}

function describeModel(view: ModelView): string {
  const ready = view.conditions.get('Ready');
  if (ready === undefined) return 'accepted; the operator has not looked at it yet';
  return `Ready=${ready.status} ${ready.reason}: ${ready.message}`;
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
