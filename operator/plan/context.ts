/** The input of every phase. */
import { type CompleteSpec, completeSpec, wantedReplicas } from '../api/defaults.js';
import type { RenderConfig } from '../render/config.js';
import type { ModelIdentity } from '../render/metadata.js';
import type { DeploymentView } from '../view/deployment-view.js';
import type { Observed } from '../view/observed.js';
import { perObject } from '../view/per-object.js';
import type { PodView } from '../view/pod-view.js';
import type { RevisionView } from '../view/revision-view.js';
import type { Action } from './action.js';

export interface PlanContext {
  readonly observed: Observed;
  readonly identity: ModelIdentity;
  readonly spec: CompleteSpec;
  /** Pods that the spec wants now: 0 when suspended. */
  readonly replicas: number;
  readonly config: RenderConfig;
  readonly nowMs: number;
}

export interface PhasePlan {
  readonly actions: readonly Action[];
  /** When time alone changes the answer: the instant. */
  readonly requeueAtMs?: number;
}

const specOf = perObject(completeSpec);

export function newContext(observed: Observed, config: RenderConfig, nowMs: number): PlanContext {
  const { model, namespace, uid } = observed;
  const spec = specOf(model.spec);
  return { observed, identity: { name: model.metadata.name, namespace, uid }, spec, replicas: wantedReplicas(spec), config, nowMs };
}

/** A revision with all that belongs to it. */
export interface RevisionState {
  readonly name: string;
  readonly stored: RevisionView | undefined;
  readonly deployment: DeploymentView | undefined;
  readonly pods: readonly PodView[];
  /** Pods that are ready and not ending. */
  readonly readyPods: number;
}

export function revisionState({ observed }: PlanContext, name: string): RevisionState {
  const pods = observed.pods.filter((pod) => pod.revision === name);
  return {
    name,
    stored: observed.revisions.find((revision) => revision.name === name),
    deployment: observed.deployments.get(name),
    pods,
    readyPods: pods.filter((pod) => pod.isReady && !pod.isTerminating).length,
  };
}

/** Is or will be a pod: neither ending nor what is left of one that has ended. */
export function isLive({ isTerminating, phase }: PodView): boolean {
  return !isTerminating && !hasEnded(phase);
}

export function hasEnded(phase: string): boolean {
  return phase === 'Failed' || phase === 'Succeeded';
}

/** Every pod that is asked for is ready, as both the Deployment and the pods themselves say. More than asked for is enough, too. */
export function isFullyReady({ deployment, readyPods }: RevisionState, replicas: number): boolean {
  return deployment !== undefined && deployment.ready >= replicas && readyPods >= replicas;
}
