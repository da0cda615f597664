/** What the world is, without what the server or chance sets: two runs that end alike give the same text. Pure. */
import { KINDS, type KindName } from '../../../operator/api/kinds.js';
import type { KubeObject } from '../../../operator/ports.js';
import { isRecord } from '../../../operator/view/json.js';

/** Fields that the API server or a controller sets anew in each run. */
export const SERVER_SET = [
  'uid',
  'resourceVersion',
  'generation',
  'observedGeneration',
  'creationTimestamp',
  'managedFields',
  'clusterIP',
  'clusterIPs',
  'generateName',
] as const;

/** Annotations whose value counts the writes that there were, or holds the time of one. */
const SERVER_SET_ANNOTATIONS = ['deployment.kubernetes.io/revision'];
const DROPPED = new Set<string>([...SERVER_SET, ...SERVER_SET_ANNOTATIONS]);

/** Texts that differ from run to run, and what stands for them. */
const CHANCE: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  // a pod's last five letters
  [/(reader-[0-9a-f]{8}-[0-9a-z]{6,10})-[0-9a-z]{5}\b/g, '$1-POD'],
  // how often it had failed when it was given up depends on when that was looked at
  [/after \d+ failures/g, 'after N failures'],
  [/\\?"count\\?":\d+/g, 'COUNT'],
  [/ \(restarted (once|\d+ times)\)/g, ''],
];

export function snapshotOf(objectsOf: (kind: KindName) => readonly KubeObject[], namespace: string): Record<string, string> {
  const kinds = Object.keys(KINDS).filter((kind): kind is KindName => kind in KINDS);
  const entries = kinds.flatMap((kind) => objectsOf(kind).map((object) => [nameOf(object, namespace), normalise(object, namespace)] as const));
  // pods of one name are many: the k-th of them in the order of their texts
  const sorted = entries.sort(([a, textA], [b, textB]) => (a === b ? (textA < textB ? -1 : 1) : a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, text], at) => [`${name}#${sorted.slice(0, at).filter(([other]) => other === name).length}`, text]));
}

/** Lines about what differs; empty when nothing does. */
export function describeDifference(want: Readonly<Record<string, string>>, got: Readonly<Record<string, string>>): string[] {
  return [...new Set([...Object.keys(want), ...Object.keys(got)])].sort().flatMap((name) => {
    const [wanted, found] = [want[name], got[name]];
    if (wanted === found) return [];
    if (wanted === undefined) return [`${name} is there and should not be`];
    if (found === undefined) return [`${name} is missing`];
    const at = [...wanted].findIndex((letter, index) => letter !== found[index]);
    const from = Math.max(0, at - 80);
    return [`${name} differs: want …${wanted.slice(from, at + 160)}…, got …${found.slice(from, at + 160)}…`];
  });
}

function nameOf({ kind, metadata }: KubeObject, namespace: string): string {
  return replaceChance(`${kind}/${metadata.name}`, namespace);
}

function normalise(object: KubeObject, namespace: string): string {
  return replaceChance(JSON.stringify(sortKeys(object)), namespace);
}

function replaceChance(text: string, namespace: string): string {
  return CHANCE.reduce((rest, [pattern, stand]) => rest.replace(pattern, stand), text).replaceAll(namespace, 'NAMESPACE');
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return sortByType(value.map(sortKeys));
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).filter((key) => !DROPPED.has(key));
  return Object.fromEntries(keys.sort().map((key) => [key, sortKeys(value[key])]));
}

/** Conditions come in the order in which they were set. */
function sortByType(list: unknown[]): unknown[] {
  const typeOf = (item: unknown): string => (isRecord(item) && typeof item['type'] === 'string' ? item['type'] : '');
  return list.every((item) => typeOf(item) !== '') ? list.sort((a, b) => (typeOf(a) < typeOf(b) ? -1 : 1)) : list;
}
