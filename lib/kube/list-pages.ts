/** A whole list, page by page, and the version of the collection that it shows. Asked without a version, so it is a consistent read. */
import { isRecord, readRecord, readString } from './json.js';
import { isGone, KubeError } from './kube-error.js';
import type { KubeRequest, KubeTransport } from './transport.js';

export interface ListOptions<Item> {
  /** Of each item as its page comes: a list of ten thousand pods is never in memory as it was sent. */
  readonly parse: (item: unknown) => Item;
  readonly pageSize: number;
  readonly maxPages: number;
  /** A continue token lives for some minutes. A list that takes longer is begun anew so many times. */
  readonly maxRestarts: number;
}

export interface WholeList<Item> {
  readonly items: readonly Item[];
  readonly version: string;
}

interface Page extends WholeList<unknown> {
  readonly next: string | undefined;
}

/** `call` is that of one page but for `limit` and `continue`. */
export async function listPages<Item>(transport: KubeTransport, call: KubeRequest, options: ListOptions<Item>): Promise<WholeList<Item>> {
  for (let restarts = 0; ; restarts++) {
    const items: Item[] = [];
    let next: string | undefined;
    try {
      for (let pages = 1; ; pages++) {
        const page = parsePage(await transport.request({ ...call, query: { ...call.query, limit: options.pageSize, continue: next } }), call.path);
        for (const item of page.items) items.push(options.parse(item));
        if (page.next === undefined) return { items, version: page.version };
        if (page.next === next || pages >= options.maxPages) throw badList(call.path, `has no end: page ${pages} leads to another`);
        next = page.next;
      }
    } catch (error) {
      if (!isGone(error) || next === undefined || restarts >= options.maxRestarts) throw error;
    }
  }
}

/** What is no list is refused: taken for an empty one it would say that every object is gone. */
function parsePage(value: unknown, path: string): Page {
  const metadata = readRecord(value, 'metadata');
  const items = isRecord(value) ? (value['items'] ?? []) : undefined;
  const version = readString(metadata, 'resourceVersion') ?? '';
  if (!Array.isArray(items) || version === '') throw badList(path, `is none: ${JSON.stringify(value)?.slice(0, 100)}`);
  const next = readString(metadata, 'continue');
  return { items, version, next: next === '' ? undefined : next };
}

function badList(path: string, what: string): KubeError {
  return new KubeError(`The list ${path} ${what}`, { code: 0, reason: 'BadAnswer' });
}
