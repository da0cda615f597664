/** A deletion as it is asked for: preconditions, propagation, and the grace of pods. */
import { readArray, readNumber, readRecord, readString } from '../../../lib/kube/json.js';
import type { KubeObject, ResourceKind } from '../../../operator/ports.js';
import { finalizersOf, toTimestamp, withMetadata } from './metadata.js';
import { conflict } from './refusals.js';

export type Propagation = 'Background' | 'Foreground' | 'Orphan';

export interface DeleteOptions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  /** Absent: in the background. */
  readonly propagation?: Propagation | undefined;
  /** 0 ends a pod's grace: its kubelet says that it has stopped. */
  readonly graceSeconds?: number | undefined;
}

interface Context extends DeleteOptions {
  readonly resource: ResourceKind;
  readonly nowMs: number;
  readonly hasGracefulPods: boolean;
}

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';
const GRACE_SECONDS = 30;

/** The object as the deletion leaves it. */
export function deletionOf(object: KubeObject, context: Context): KubeObject {
  checkPreconditions(object, context);
  const graceSeconds = graceOf(object, context);
  const known = readNumber(object.metadata, 'deletionGracePeriodSeconds');
  const finalizers = withPropagation(finalizersOf(object), object.metadata.deletionTimestamp === undefined ? context.propagation : undefined);
  return withMetadata(object, {
    deletionTimestamp: object.metadata.deletionTimestamp ?? toTimestamp(context.nowMs + graceSeconds * 1000),
    deletionGracePeriodSeconds: Math.min(known ?? graceSeconds, graceSeconds),
    ...(finalizers.length === 0 ? {} : { finalizers }),
  });
}

function checkPreconditions({ metadata }: KubeObject, { resource, uid, resourceVersion }: Context): void {
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(resource, metadata.name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`;
    throw conflict(resource, metadata.name, why);
  }
}

/** A pod that runs on a node has time to end; one that has ended or has no node goes at once. */
function graceOf(object: KubeObject, { resource, hasGracefulPods, graceSeconds }: Context): number {
  if (!hasGracefulPods || resource.kind !== 'Pod' || readString(readRecord(object, 'spec'), 'nodeName') === undefined) return 0;
  const phase = readString(readRecord(object, 'status'), 'phase');
  if (phase === 'Succeeded' || phase === 'Failed') return 0;
  return graceSeconds ?? readNumber(readRecord(object, 'spec'), 'terminationGracePeriodSeconds') ?? GRACE_SECONDS;
}

function withPropagation(finalizers: readonly string[], propagation: Propagation | undefined): readonly string[] {
  if (propagation === 'Foreground') return [...new Set([...finalizers, FOREGROUND])];
  return propagation === 'Orphan' ? [...new Set([...finalizers, ORPHAN])] : finalizers;
}

/** Of a DELETE's body. */
export function parseDeleteOptions(body: unknown): DeleteOptions {
  const preconditions = readRecord(body, 'preconditions');
  const propagation = (['Background', 'Foreground', 'Orphan'] as const).find((known) => known === readString(body, 'propagationPolicy'));
  const graceSeconds = readNumber(body, 'gracePeriodSeconds');
  return { uid: readString(preconditions, 'uid'), resourceVersion: readString(preconditions, 'resourceVersion'), propagation, graceSeconds };
}

/** Owners of an object, by uid. */
export function ownersOf(object: KubeObject): { readonly uid: string; readonly isBlocking: boolean }[] {
  return readArray(object.metadata, 'ownerReferences').flatMap((owner) => {
    const uid = readString(owner, 'uid');
    return uid === undefined
      ? []
      : [{ uid, isBlocking: typeof owner === 'object' && owner !== null && 'blockOwnerDeletion' in owner && owner.blockOwnerDeletion === true }];
  });
}
