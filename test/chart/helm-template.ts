/** Renders the chart as `helm install` would, without a cluster. */
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type ExecResult, execAny } from '../../hack/exec.js';

export const CHART = join('charts', 'slipway');

/** The oldest Kubernetes that the chart supports. */
const KUBE_VERSION = '1.29.0';

export function helmTemplate(helm: string, args: readonly string[]): Promise<ExecResult> {
  return execAny(helm, ['template', 'models', CHART, '--namespace', 'slipway-system', '--kube-version', KUBE_VERSION, ...args]);
}

export type Manifest = Readonly<Record<string, unknown>>;

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const value: unknown = document.toJS();
    return isRecord(value) ? [value] : [];
  });
}

/** Value at a path of keys and indexes; undefined where the path ends early. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((node, key) => {
    if (Array.isArray(node)) return node[Number(key)];
    return isRecord(node) ? node[key] : undefined;
  }, value);
}

export function isRecord(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
