/**
 * What a plan wants to be so. Each is a statement about the world and not a step: one that is true already causes no write.
 * Plain data, in the order in which they are to be written.
 */
import type { RevisionView } from '../view/revision-view.js';

/** What is learned about a revision after it was made. */
export type RevisionMarks = Pick<RevisionView, 'failed' | 'provenAt' | 'sourceHash'>;

export type Action =
  | { readonly kind: 'EnsureServiceAccount' }
  /** `object` is `Kind/name`, as it was seen. */
  | { readonly kind: 'Adopt'; readonly object: string }
  | { readonly kind: 'StartResolver'; readonly serial: number; readonly attempt: number }
  | { readonly kind: 'DeletePod'; readonly pod: string }
  /** What is left of a serving pod that has ended. */
  | { readonly kind: 'DeleteEndedPod'; readonly pod: string; readonly revision: string }
  | ({ readonly kind: 'CreateRevision'; readonly revision: string; readonly number: number } & Pick<RevisionView, 'digest' | 'sourceRevision'>)
  | { readonly kind: 'MarkRevision'; readonly revision: string; readonly marks: RevisionMarks }
  | { readonly kind: 'DeleteRevision'; readonly revision: string }
  /** Only if the Service is still as the cache shows it. `isConfirmed`: written in any case, because pods of another revision end next. */
  | { readonly kind: 'PointService'; readonly revision: string; readonly isConfirmed: boolean }
  | { readonly kind: 'EnsureRevisionService'; readonly revision: string }
  /** `isConfirmed`: written only if the Deployment is still as the cache shows it, because the address moves to its pods next. */
  | { readonly kind: 'ScaleTo'; readonly revision: string; readonly replicas: number; readonly isConfirmed: boolean }
  | { readonly kind: 'DeleteDeployment'; readonly revision: string }
  | { readonly kind: 'EnsureDisruptionBudget'; readonly revision: string }
  | { readonly kind: 'RemoveDisruptionBudget' };
