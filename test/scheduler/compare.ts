/** Holds placement's reasons against the scheduler's on random clusters. */
import { acceleratorNeed } from '../../operator/plan/placement/accelerator-need.js';
import { demandOf, fitPod } from '../../operator/plan/placement/fit-pod.js';
import { type NodeFailure, nodeFailures } from '../../operator/plan/placement/node-failures.js';
import type { KubeObject } from '../../operator/ports.js';
import { viewCluster } from '../../operator/view/cluster-view.js';
import { asList, asRecord } from '../../operator/view/json.js';
import { viewNode } from '../../operator/view/node-view.js';
import { type NodeTerm, type PodDemand, viewPodDemand } from '../../operator/view/pod-demand.js';
import { type RandomCase, randomCase } from './random-case.js';
import { askScheduler, type NodeVerdict } from './scheduler-oracle.js';

export interface Comparison {
  readonly differences: readonly string[];
  /** How often the scheduler said what; '' is a node that fits. */
  readonly said: ReadonlyMap<string, number>;
}

/** Clusters `from` to `from + count` of the seed. */
export async function compareWithScheduler(seed: number, from: number, count: number): Promise<Comparison> {
  const cases = Array.from({ length: count }, (_, at) => judge(randomCase(seed, from + at)));
  const answers = await askScheduler(cases.map(({ snapshot }) => snapshot));
  const differences: string[] = [];
  const said = new Map<string, number>();
  for (const [at, { failures, fits }] of cases.entries()) {
    const verdicts = answers[at] ?? new Map<string, NodeVerdict>();
    for (const [node, verdict] of verdicts) {
      said.set(verdict.plugin, (said.get(verdict.plugin) ?? 0) + 1);
      const ours = wordsOf(failures.get(node) ?? [], verdict);
      const theirs = [verdict.plugin, ...(verdict.plugin === 'NodeResourcesFit' ? verdict.reasons : [])].sort().join();
      if (ours !== theirs)
        differences.push(`seed ${seed}, cluster ${from + at}, node ${node}: we say ${ours || 'fits'}, the scheduler ${theirs || 'fits'}`);
    }
    const anyFits = [...verdicts.values()].some(({ plugin }) => plugin === '');
    if (verdicts.size !== failures.size || anyFits !== fits)
      differences.push(`seed ${seed}, cluster ${from + at}: we say ${fits}, the scheduler ${anyFits}`);
  }
  return { differences, said };
}

function judge({ objects, spec, template }: RandomCase) {
  const cluster = viewCluster(objects);
  const need = spec === undefined ? undefined : acceleratorNeed(spec, objects.nodes.map(viewNode));
  const input = { need, other: viewPodDemand('shop', template), cluster };
  const demand = demandOf(input);
  return {
    snapshot: { nodes: objects.nodes, pods: objects.pods, pod: podOf(template.spec, demand, need?.resource) },
    failures: new Map(cluster.nodes.map((state) => [state.node.name, nodeFailures(demand, state)])),
    fits: fitPod(input).kind === 'Fits',
  };
}

/** The first filter's, unless the scheduler did not come so far. */
function wordsOf(failures: readonly NodeFailure[], { plugin, isPreFiltered }: NodeVerdict): string {
  const found = isPreFiltered ? failures.find(({ filter }) => filter === plugin) : failures[0];
  if (found === undefined) return '';
  const shortages =
    found.filter === 'NodeResourcesFit'
      ? found.shortages.map(({ resource }) => (resource === 'pods' ? 'Too many pods' : `Insufficient ${resource}`))
      : [];
  return [found.filter, ...shortages].sort().join();
}

/** The pod as the API server would have it: the template, with what the demand adds to it. */
function podOf(spec: Readonly<Record<string, unknown>>, demand: PodDemand, resource: string | undefined): KubeObject {
  const [first, ...others] = asList(spec['containers']).map(asRecord);
  const resources = asRecord(first?.['resources']);
  const devices = resource === undefined ? {} : { [resource]: String(demand.requests.get(resource) ?? 0) };
  const container = {
    ...first,
    resources: { requests: { ...asRecord(resources['requests']), ...devices }, limits: { ...asRecord(resources['limits']), ...devices } },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'new', namespace: 'shop', uid: 'new' },
    spec: {
      ...spec,
      containers: [container, ...others],
      tolerations: demand.tolerations,
      affinity:
        demand.terms === undefined
          ? undefined
          : { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: demand.terms.map(termOf) } } },
    },
  };
}

function termOf({ labels, fields }: NodeTerm): unknown {
  return { matchExpressions: labels, matchFields: fields };
}
