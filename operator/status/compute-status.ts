/** The whole status of a pass. Derived from what is seen: wiped, it comes back, and nothing else changes. */
import { LIMITS } from '../api/limits.js';
import type { ModelDeploymentStatus, StatusColumns, StatusPod, StatusRevision } from '../api/zz_generated.modeldeployment.js';
import { revisionState } from '../plan/context.js';
import { compareFindings, type Finding } from '../plan/finding.js';
import type { Plan } from '../plan/plan-model-deployment.js';
import { podSelector } from '../render/metadata.js';
import { modelAddress } from '../render/services.js';
import type { PodView } from '../view/pod-view.js';
import { type Assessment, assess } from './assess.js';
import { computeConditions } from './compute-conditions.js';
import { computeModel } from './compute-model.js';
import { setConditions } from './conditions.js';
import type { Outcome } from './outcome.js';
import { summarize } from './summarize.js';

export function computeStatus(plan: Plan, outcome: Outcome): ModelDeploymentStatus {
  const { context } = plan;
  const { observed, identity, nowMs } = context;
  const facts = assess(plan, outcome);
  const drafts = computeConditions(facts);
  const before = observed.model.status?.conditions ?? [];
  const pods = describePods(facts);
  const revisions = describeRevisions(facts);
  const { serving } = facts;
  return {
    observedGeneration: observed.generation,
    replicas: serving?.pods.filter(({ isTerminating, phase }) => !isTerminating && phase !== 'Failed').length ?? 0,
    ...(serving === undefined ? {} : { selector: formatSelector(podSelector(identity, serving.name)) }),
    ...(serving === undefined ? {} : { address: { grpc: modelAddress(identity, 'grpc'), rest: modelAddress(identity, 'rest') } }),
    columns: describeColumns(facts),
    ...computeModel(facts),
    ...(pods.length === 0 ? {} : { pods }),
    ...(facts.blockers.length === 0 ? {} : { blockers: facts.blockers.map(({ reason, message }) => ({ reason, message })) }),
    ...(revisions.length === 0 ? {} : { revisions }),
    ...(plan.update === undefined ? {} : { update: { id: plan.update.id, changes: [...plan.update.changes] } }),
    conditions: setConditions(before, [summarize(drafts), ...drafts], { generation: observed.generation, nowMs }),
  };
}

function formatSelector(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}

function describeColumns({ plan, serving }: Assessment): StatusColumns {
  const { spec, replicas } = plan.context;
  const { accelerator } = spec;
  const digest = serving?.stored?.digest;
  return {
    ...(digest === undefined || digest === '' ? {} : { model: shortDigest(digest) }),
    ...(serving === undefined ? {} : { revision: serving.name }),
    replicas: `${serving?.readyPods ?? 0}/${replicas}`,
    accelerator: accelerator === undefined ? 'CPU' : [`${accelerator.count}×${accelerator.vendor}`, ...accelerator.products.slice(0, 1)].join(' '),
  };
}

/** `sha256:` and 12 digits, as image tools shorten them. */
function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}

function describePods({ findings }: Assessment): StatusPod[] {
  return [...findings]
    .sort(([a, findingA], [b, findingB]) => compareFindings(findingA, findingB) || (a.name < b.name ? -1 : 1))
    .slice(0, LIMITS.statusPods)
    .map(([pod, finding]) => describePod(pod, finding));
}

function describePod(pod: PodView, finding: Finding): StatusPod {
  return {
    pod: pod.name,
    ...(pod.node === '' ? {} : { node: pod.node }),
    phase: pod.isTerminating ? 'Terminating' : pod.phase,
    ...(finding.severity === 'Fine' ? {} : { reason: finding.reason }),
    restarts: pod.containers.reduce((sum, { restarts }) => sum + restarts, 0),
  };
}

const ROLES = ['Stable', 'Candidate', 'Failed', 'Retiring'] as const satisfies readonly StatusRevision['role'][];

/** The serving revision, the one that is to follow, and those on their way out. History without pods is not listed. */
function describeRevisions({ plan, serving }: Assessment): StatusRevision[] {
  const { observed } = plan.context;
  const names = new Set([...observed.deployments.keys(), ...[serving?.name, plan.wanted?.name].filter((name) => name !== undefined)]);
  return [...names]
    .map((name) => describeRevision(plan, name, serving?.name))
    .sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role) || (a.name < b.name ? -1 : 1))
    .slice(0, LIMITS.statusRevisions);
}

function describeRevision(plan: Plan, name: string, serving: string | undefined): StatusRevision {
  const { observed } = plan.context;
  const stored = observed.revisions.find((revision) => revision.name === name);
  const deployment = observed.deployments.get(name);
  const digest = stored?.digest ?? (name === plan.wanted?.name && plan.digest?.kind === 'Known' ? plan.digest.digest : undefined);
  return {
    name,
    role: roleOf(plan, name, serving),
    ...(digest === undefined ? {} : { digest }),
    ...(stored === undefined ? {} : { image: stored.image }),
    // of the pods, whose change is told first: the Deployment says the same a moment later, which would be another write
    replicas: { desired: deployment?.desired ?? 0, ready: revisionState(plan.context, name).readyPods },
  };
}

function roleOf({ wanted, failure }: Plan, name: string, serving: string | undefined): StatusRevision['role'] {
  if (name === wanted?.name && failure.kind === 'GivenUp') return 'Failed';
  if (name === serving) return 'Stable';
  return name === wanted?.name ? 'Candidate' : 'Retiring';
}
