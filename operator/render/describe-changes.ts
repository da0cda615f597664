/**
 * What differs between two pod templates, in people's words: `image a → b`, `container runtime: args --drain-delay 10 → 15`. Each
 * line is one place; a part that comes or goes as a whole is one `+` or `-`. No line at all exactly when they mean the same.
 */
import { isRecord, type Json } from '../view/json.js';
import { canonicalJson } from './hash.js';
import { isSameJson, normalTemplate } from './normal-template.js';
import { parseQuantity } from './quantity.js';

/** By what the items of a list are told apart. */
const KEYS: ReadonlyMap<string, string> = new Map([
  ...['containers', 'initContainers', 'volumes', 'env', 'imagePullSecrets', 'ports'].map((list) => [list, 'name'] as const),
  ['volumeMounts', 'mountPath'],
]);
const SHOWN_CHARACTERS = 60;

interface Change {
  /** `container runtime`, or empty for the pod. */
  readonly part: string;
  readonly text: string;
}

export function describeChanges(before: Json, after: Json): string[] {
  const [{ spec: oldSpec, ...oldRest }, { spec: nowSpec, ...nowRest }] = [normalTemplate(before), normalTemplate(after)];
  return joinParts([...comparePods(oldSpec, nowSpec), ...ofPod(compare(oldRest, nowRest, ''))]);
}

function ofPod(texts: readonly string[]): Change[] {
  return texts.map((text) => ({ part: '', text }));
}

/** Containers by name, what is left of the pod field by field; an image that changes alike everywhere is said once. */
function comparePods(before: unknown, after: unknown): Change[] {
  const [old, now] = [asPart(before), asPart(after)];
  const containers = (['initContainers', 'containers'] as const).flatMap((list) => compareContainers(old[list], now[list]));
  const { containers: _, initContainers: __, ...oldRest } = old;
  const { containers: ___, initContainers: ____, ...nowRest } = now;
  return [...gatherImages(containers), ...ofPod(compare(oldRest, nowRest, ''))];
}

function compareContainers(before: unknown, after: unknown): Change[] {
  const [old, now] = [byKey(before, 'name'), byKey(after, 'name')];
  if (old === undefined || now === undefined) return ofPod(compare(before, after, 'containers'));
  const changes = [...new Set([...old.keys(), ...now.keys()])].flatMap((name): Change[] => {
    const [a, b] = [old.get(name), now.get(name)];
    if (a === undefined) return ofPod([`+container ${name}`]);
    if (b === undefined) return ofPod([`-container ${name}`]);
    return compare(a, b, '').map((text) => ({ part: `container ${name}`, text }));
  });
  const shared = (own: ReadonlyMap<string, Json>, other: ReadonlyMap<string, Json>): string =>
    canonicalJson([...own.keys()].filter((name) => other.has(name)));
  return shared(old, now) === shared(now, old) ? changes : [...changes, ...ofPod(['initContainers: another order'])];
}

function gatherImages(changes: readonly Change[]): Change[] {
  const isImage = ({ text }: Change): boolean => text.startsWith('image ');
  const texts = new Set(changes.filter(isImage).map(({ text }) => text));
  const [only, ...more] = texts;
  return only === undefined || more.length > 0 ? [...changes] : [...ofPod([only]), ...changes.filter((change) => !isImage(change))];
}

/** One line for each part, in the order in which parts were found; the pod's own changes one by one. */
function joinParts(changes: readonly Change[]): string[] {
  const lines = new Map<string, string[]>();
  for (const { part, text } of changes) {
    const key = part === '' ? text : part;
    lines.set(key, part === '' ? [] : [...(lines.get(part) ?? []), text]);
  }
  return [...lines].map(([part, texts]) => (texts.length === 0 ? part : `${part}: ${texts.join(', ')}`));
}

function compare(before: unknown, after: unknown, path: string): string[] {
  if (isSameJson(before, after)) return [];
  if (before === undefined) return [`+${path}${showScalar(after)}`];
  if (after === undefined) return [`-${path}`];
  if (isRecord(before) && isRecord(after)) return compareFields(before, after, path);
  if (Array.isArray(before) && Array.isArray(after)) return compareLists(before, after, path);
  return [`${path} ${show(before, after)}`];
}

function compareFields(before: Json, after: Json, path: string): string[] {
  const isQuantities = /(^|\.)(requests|limits)$/.test(path);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((name) => {
    const [a, b] = [own(before, name), own(after, name)];
    if (isQuantities && a !== undefined && b !== undefined && isSameQuantity(a, b)) return [];
    return compare(a, b, path === '' ? name : `${path}.${name}`);
  });
}

function compareLists(before: readonly unknown[], after: readonly unknown[], path: string): string[] {
  const field = path.split('.').at(-1) ?? '';
  const key = KEYS.get(field);
  const [old, now] = key === undefined ? [undefined, undefined] : [byKey(before, key), byKey(after, key)];
  if (old === undefined || now === undefined) return compareItems(before, after, path);
  const changes = [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((name) => compareKeyed([path, name], old.get(name), now.get(name)));
  return changes.length > 0 ? changes : [`${path}: another order`];
}

/** `env A 1 → 2` and not `env A.value 1 → 2`. */
function compareKeyed([list, name]: readonly [string, string], before: Json | undefined, after: Json | undefined): string[] {
  if (before === undefined) return [`${list} +${name}${showScalar(after?.['value'])}`];
  if (after === undefined) return [`${list} -${name}`];
  const path = `${list} ${name}`;
  return compare(before, after, path).map((text) => (text.startsWith(`${path}.value `) ? text.replace('.value ', ' ') : text));
}

/** Flags with their values, and whatever else stands in a list: what came, what went, and else that the order is another. */
function compareItems(before: readonly unknown[], after: readonly unknown[], path: string): string[] {
  const [old, now] = [groupFlags(before), groupFlags(after)];
  const [gone, come] = [subtract(old, now), subtract(now, old)];
  const words = gone.map((item) => {
    const flag = /^(--\S+) (.+)$/s.exec(item);
    const next = flag === null ? -1 : come.findIndex((other) => other.startsWith(`${flag[1]} `));
    if (flag === null || next < 0) return item.startsWith('-') ? `-(${clipText(item)})` : `-${clipText(item)}`;
    const [after = ''] = come.splice(next, 1);
    return `${flag[1]} ${show(flag[2], after.slice(`${flag[1]} `.length))}`;
  });
  const all = [...come.map((item) => `+${clipText(item)}`), ...words];
  return [all.length === 0 ? `${path}: another order` : `${path} ${all.join(' ')}`];
}

function groupFlags(items: readonly unknown[]): string[] {
  const groups: string[] = [];
  for (const item of items) {
    const text = typeof item === 'string' ? item : canonicalJson(item);
    const last = groups.at(-1);
    if (last?.startsWith('--') === true && !last.includes(' ') && !text.startsWith('--')) groups[groups.length - 1] = `${last} ${text}`;
    else groups.push(text);
  }
  return groups;
}

/** As often as it stands in the one and not in the other. */
function subtract(items: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return items.filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** Undefined for a list whose items cannot be told apart by the key. */
function byKey(list: unknown, key: string): Map<string, Json> | undefined {
  if (list === undefined) return new Map();
  if (!Array.isArray(list)) return undefined;
  const entries = list.flatMap((item: unknown): [string, Json][] => (isRecord(item) && item[key] !== undefined ? [[String(item[key]), item]] : []));
  const map = new Map(entries);
  return map.size === list.length ? map : undefined;
}

function asPart(value: unknown): Json {
  return isRecord(value) ? value : {};
}

/** A field may be called as something that every object has. */
function own(record: Json, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function isSameQuantity(a: unknown, b: unknown): boolean {
  const [old, now] = [parseQuantity(String(a)), parseQuantity(String(b))];
  return old !== undefined && old === now;
}

function show(before: unknown, after: unknown): string {
  const texts = [before, after].map((value) => hidePasswords(typeof value === 'string' ? value : canonicalJson(value)));
  const shown = [texts.map(clipText), texts].find(([old, now]) => old !== now);
  return shown === undefined ? 'has another value' : shown.join(' → ');
}

function showScalar(value: unknown): string {
  return value === undefined || typeof value === 'object' ? '' : ` ${clipText(String(value))}`;
}

/** Digests as image tools shorten them; long texts from both ends. */
function clipText(text: string): string {
  const short = hidePasswords(text).replaceAll(/sha256:([0-9a-f]{12})[0-9a-f]{52}/g, 'sha256:$1');
  return short.length <= SHOWN_CHARACTERS * 2 ? short : `${short.slice(0, SHOWN_CHARACTERS)}…${short.slice(-SHOWN_CHARACTERS)}`;
}

/** What stands before the @ of a URL, as in that of a proxy: statuses and Events have more readers than pods. */
function hidePasswords(text: string): string {
  return text.replaceAll(/:\/\/\S*@/g, '://…@');
}
