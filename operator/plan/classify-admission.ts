/** Why the API server refuses to create pods, from its own words (in a Deployment's ReplicaFailure or in the answer to a write). */
import type { Reason } from '../api/reasons.js';
import { blocked, type Finding } from './finding.js';

const PATTERNS: readonly (readonly [RegExp, Reason, string])[] = [
  [
    /exceeded quota|failed quota/i,
    'QuotaExceeded',
    'Raise the quota, or ask for less in spec.runtime.resources, spec.accelerator.count or spec.replicas',
  ],
  [
    /violates PodSecurity/i,
    'PodSecurityRejected',
    'The namespace enforces a level that these pods do not pass: report it, they are made for "restricted"',
  ],
  [
    /error looking up service account|serviceaccounts? "[^"]*" not found/i,
    'ServiceAccountMissing',
    'It is made again within moments; if this stays, see what deletes it',
  ],
  [
    /no PriorityClass with name/i,
    'PriorityClassMissing',
    'Make that PriorityClass, or change what sets spec.priorityClassName of pods in this namespace: Slipway sets none',
  ],
  [
    /RuntimeClass "[^"]*" not found/i,
    'RuntimeClassMissing',
    'Make that RuntimeClass, or change what sets spec.runtimeClassName of pods in this namespace: Slipway sets none',
  ],
];

/** `what` names the object whose pods are refused. */
export function classifyAdmission(what: string, words: string): Finding {
  const match = PATTERNS.find(([pattern]) => pattern.test(words));
  if (match === undefined) return blocked('PodsRefused', `${what}: pods are refused: ${words}`);
  const [, reason, remedy] = match;
  return blocked(reason, `${what}: ${words}. ${remedy}`);
}
