/**
 * Objects as the oracle compares them: every byte of them but the fields that are named here, each with why two runs that ended
 * alike may differ in it. What is not on the list must be equal.
 */
import { createHash } from 'node:crypto';
import type { KubeObject } from '../../operator/ports.js';

/** Fields that are left out wherever they stand. */
export const REMOVED_FIELDS: Readonly<Record<string, string>> = {
  uid: 'given by the server at random',
  resourceVersion: 'counts writes of the whole server',
  generation: 'counts changes of the spec: one that was taken back counts twice',
  observedGeneration: 'the echo of generation',
  creationTimestamp: 'when, not what',
  managedFields: 'when, not what; its meaning is tested by the contract suite',
  lastTransitionTime: 'when, not what',
  lastUpdateTime: 'when, not what',
  finishedAt: 'when, not what',
  startedAt: 'when, not what',
  restartCount: 'how often the kubelet tried goes on with time',
  restarts: 'the echo of restartCount',
  'slipway.dev/proven': 'when a revision was first seen ready: one that was replaced soon may or may not have been seen so',
  'slipway.dev/generation': 'the generation for which a resolver pod asked',
};

/** Texts that hold what is left out above. */
const REWRITTEN: readonly (readonly [RegExp, string, string])[] = [
  [/after \d+ failures/g, 'after N failures', 'the kubelet goes on trying until somebody looks'],
  [/ \(restarted (once|\d+ times)\)/g, '', 'the echo of restartCount'],
  [/\\"(count|generation)\\":\d+/g, '\\"$1\\":0', 'the same in the evidence of a failure'],
  [/\\"at\\":\\"[^"\\]*\\"/g, '\\"at\\":\\"\\"', 'when, not what'],
];

/** Pods that a Deployment makes are told apart by a number at the end that says how many were there when they came. */
const POD_NUMBER = /(-5d4f)-\d+/g;

/** Text of each object, by kind and name. Pods, whose names are nobody's choice, by what they are and how many. */
export function normaliseAll(objects: readonly KubeObject[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const object of objects) {
    const text = normalise(object);
    const base = `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name.replace(POD_NUMBER, '$1')}`;
    let id = object.kind === 'Pod' ? `${base} ${createHash('sha256').update(text).digest('hex').slice(0, 6)}` : base;
    for (let twin = 2; texts.has(id); twin++) id = `${base} (${twin})`;
    texts.set(id, text);
  }
  return texts;
}

/** Objects of the in-memory API never change: what was read of one is true for ever. */
const KNOWN = new WeakMap<KubeObject, string>();

export function normalise(object: KubeObject): string {
  const known = KNOWN.get(object);
  if (known !== undefined) return known;
  const text = REWRITTEN.reduce((current, [pattern, replacement]) => current.replace(pattern, replacement), JSON.stringify(strip(object)));
  const named = text.replace(POD_NUMBER, '$1');
  KNOWN.set(object, named);
  return named;
}

/** Without what is named above, and in one order of keys: that says nothing in JSON. */
function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([field]) => !Object.hasOwn(REMOVED_FIELDS, field));
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([field, part]) => [field, strip(part)]));
}
