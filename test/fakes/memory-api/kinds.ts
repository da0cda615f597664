/** The kinds that the in-memory API serves, and what is particular about each. */
import type { ResourceKind } from '../../../operator/ports.js';

export interface KindRules extends ResourceKind {
  readonly isNamespaced: boolean;
  /** Has the subresource `status`: the main endpoint ignores that field and the other ignores the rest. */
  readonly hasStatus: boolean;
  readonly hasGeneration: boolean;
  /** Fields that never change once set. */
  readonly immutable: readonly (readonly string[])[];
}

type Options = Partial<Omit<KindRules, keyof ResourceKind>>;

function kind(apiVersion: string, name: string, options: Options = {}): KindRules {
  const plural = name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`;
  const defaults = { isNamespaced: true, hasStatus: false, hasGeneration: false, immutable: [] };
  return { apiVersion, kind: name, plural: plural.toLowerCase(), ...defaults, ...options };
}

const BOTH = { hasStatus: true, hasGeneration: true };
const SELECTOR = [['spec', 'selector']];

export const SERVED_KINDS: readonly KindRules[] = [
  kind('slipway.dev/v1alpha1', 'ModelDeployment', BOTH),
  kind('apps/v1', 'Deployment', { ...BOTH, immutable: SELECTOR }),
  kind('apps/v1', 'ReplicaSet', { ...BOTH, immutable: SELECTOR }),
  kind('apps/v1', 'ControllerRevision', { immutable: [['data']] }),
  kind('batch/v1', 'Job', BOTH),
  kind('v1', 'Pod', BOTH),
  kind('v1', 'Service', { hasStatus: true }),
  kind('v1', 'ServiceAccount'),
  kind('v1', 'ConfigMap'),
  kind('v1', 'Secret', { immutable: [['type']] }),
  kind('v1', 'Event'),
  kind('v1', 'Namespace', { isNamespaced: false, hasStatus: true }),
  kind('v1', 'Node', { isNamespaced: false, hasStatus: true }),
  kind('policy/v1', 'PodDisruptionBudget', BOTH),
  kind('coordination.k8s.io/v1', 'Lease'),
  kind('discovery.k8s.io/v1', 'EndpointSlice', { hasGeneration: true }),
  kind('networking.k8s.io/v1', 'NetworkPolicy', { hasGeneration: true }),
  kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { ...BOTH, isNamespaced: false }),
];

/** What is said of a kind that is not in the table. */
export function defaultRules(resource: ResourceKind): KindRules {
  return { ...resource, isNamespaced: true, ...BOTH, immutable: [] };
}

/** `deployments.apps`, as messages name it. */
export function resourceName({ apiVersion, plural }: Pick<ResourceKind, 'apiVersion' | 'plural'>): string {
  return apiVersion.includes('/') ? `${plural}.${apiVersion.slice(0, apiVersion.indexOf('/'))}` : plural;
}

/** `Deployment.apps`, as refusals name it. */
export function kindName({ apiVersion, kind }: Pick<ResourceKind, 'apiVersion' | 'kind'>): string {
  return apiVersion.includes('/') ? `${kind}.${apiVersion.slice(0, apiVersion.indexOf('/'))}` : kind;
}
