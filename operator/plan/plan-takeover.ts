/**
 * Which revision holds the address, and how many pods each one has.
 *
 * A new revision stands beside the old with all its replicas; when all are ready the Service's selector moves, and only a later
 * pass, which sees it moved, scales the old one to 0. What is neither wanted nor serving goes. So at every instant the address
 * points to pods that are ready, if any ever were. Caches lag, and an own write may not be seen yet: before the selector moves, the
 * Deployment that it moves to is written under the condition that it is still the one that was seen.
 */
import { KINDS } from '../api/kinds.js';
import type { Action } from './action.js';
import { hasEnded, isFullyReady, type PhasePlan, type PlanContext, type RevisionState, revisionState } from './context.js';

export interface TakeoverPlan extends PhasePlan {
  /** Revision that the Service selects after this pass. */
  readonly target: string | undefined;
  /** Revisions that stay: the others are on their way out. */
  readonly kept: readonly string[];
}

export interface TakeoverInput {
  readonly context: PlanContext;
  /** The revision that the spec asks for; undefined while it is not known or not stored. */
  readonly wanted: RevisionState | undefined;
  /** Its name, also when it is not stored, or not seen to be: what runs of it stays. */
  readonly wantedName?: string | undefined;
  readonly isGivenUp: boolean;
}

export function planTakeover({ context, wanted, wantedName, isGivenUp }: TakeoverInput): TakeoverPlan {
  const serving = findServing(context, wanted);
  const target = wanted !== undefined && shouldMove({ context, wanted, isGivenUp }, serving) ? wanted.name : serving?.name;
  const kept = [...new Set([wanted?.name, wantedName, serving?.name].filter((name) => name !== undefined))];
  // while it is not known who serves, nothing goes: where caches fill one by one, a Deployment may be seen before all that says what it is for
  const retirement = target === undefined ? [] : planRetirement(context, kept);
  const isConfirmed = retirement.some((action) => endsPods(action, context));
  const isMove = target !== undefined && target !== context.observed.serving && context.observed.deployments.has(target);
  return {
    target,
    kept,
    actions: [
      ...(isMove ? [scaleTo(target, context.replicas, true)] : []),
      ...(target === undefined ? [] : [{ kind: 'PointService', revision: target, isConfirmed } as const]),
      // the serving one first: what keeps the other from being made must not keep this one from being looked after
      ...(serving === undefined || serving.name === wanted?.name ? [] : planPods(serving, isHopeless(serving) ? 0 : context.replicas)),
      ...(wanted === undefined ? [] : planPods(wanted, isGivenUp ? 0 : context.replicas)),
      ...retirement,
    ],
  };
}

/** A Deployment that is deleted may have pods again since it was seen, and may be there and serve although none is seen. */
function endsPods(action: Action, { observed }: PlanContext): boolean {
  if (action.kind === 'DeleteDeployment') return true;
  return action.kind === 'ScaleTo' && (observed.deployments.get(action.revision)?.desired ?? 0) > 0;
}

/**
 * The revision that the Service selects. Without a Service, or when all of that revision is gone: the one with most ready pods.
 * Nobody to protect: undefined.
 */
function findServing(context: PlanContext, wanted: RevisionState | undefined): RevisionState | undefined {
  const { observed } = context;
  const selected = observed.serving === undefined ? undefined : revisionState(context, observed.serving);
  if (selected !== undefined && (selected.stored !== undefined || selected.deployment !== undefined)) return selected;
  const others = [...observed.deployments.keys()].map((name) => revisionState(context, name)).filter(({ readyPods }) => readyPods > 0);
  const best = others.sort((a, b) => b.readyPods - a.readyPods || (a.name < b.name ? -1 : 1))[0];
  return wanted !== undefined && (best === undefined || wanted.readyPods === best.readyPods) ? wanted : best;
}

function shouldMove({ context, wanted, isGivenUp }: TakeoverInput & { readonly wanted: RevisionState }, serving: RevisionState | undefined): boolean {
  if (serving === undefined || serving.name === wanted.name) return true;
  if (isGivenUp) return false;
  if (context.replicas > 0 && isSettled(wanted, context.replicas) && isFullyReady(wanted, context.replicas)) return true;
  if (serving.readyPods > 0) return false;
  // nobody is served now. One that never was ready has nothing to come back to; of one that was, any ready pod is better than none
  return context.replicas === 0 || serving.stored?.provenAt === undefined || wanted.readyPods > 0;
}

/** Its pods are there to stay: nobody has just asked for fewer, and the Deployment controller has nothing left to see. */
function isSettled({ deployment }: RevisionState, replicas: number): boolean {
  return deployment?.isCurrent === true && deployment.desired >= replicas;
}

/** Given up and never ready: it gets no pods, even while it still holds the address. */
function isHopeless({ stored }: RevisionState): boolean {
  return stored?.failed !== undefined && stored.provenAt === undefined;
}

/** Without its stored template a Deployment cannot be written: what runs is left as it is. */
function planPods({ name, stored }: RevisionState, replicas: number): Action[] {
  if (stored === undefined) return [];
  return [{ kind: 'EnsureRevisionService', revision: name }, scaleTo(name, replicas)];
}

function scaleTo(revision: string, replicas: number, isConfirmed = false): Action {
  return { kind: 'ScaleTo', revision, replicas, isConfirmed };
}

function planRetirement(context: PlanContext, kept: readonly string[]): Action[] {
  const retiring = [...context.observed.deployments.keys(), ...lonelyServices(context)].filter((name) => !kept.includes(name)).sort();
  return retiring.flatMap((name): Action[] => {
    const { deployment, pods, stored } = revisionState(context, name);
    if (deployment === undefined) return [{ kind: 'DeleteDeployment', revision: name }];
    const isEmpty = deployment.desired === 0 && deployment.isCurrent && deployment.replicas === 0 && pods.every(({ phase }) => hasEnded(phase));
    if (isEmpty || stored === undefined) return [{ kind: 'DeleteDeployment', revision: name }];
    // also when it is scaled to 0 already: its pods may take long to end, and what else its manifest says is kept up meanwhile
    return [scaleTo(name, 0)];
  });
}

/** Revisions that have a Service and, because the pass that made it was cut off there, no Deployment. */
function lonelyServices({ observed, identity }: PlanContext): string[] {
  const services = [...observed.objects.values()].filter(({ kind, metadata }) => kind === KINDS.service.kind && metadata.name !== identity.name);
  return services.map(({ metadata }) => metadata.name).filter((name) => !observed.deployments.has(name));
}
