/** Lists and watches of one small collection, in memory and virtual time, with every fault that a watch is known to have. */
import type { Clock } from '../../lib/clock.js';
import type { HttpAnswer, HttpCall, KubeConnection } from '../../lib/kube/connection.js';
import type { KubeJson } from '../../lib/kube/kube-object.js';
import { TextPipe } from './text-pipe.js';

/** What befalls the watches that are open. */
export const WATCH_FAULTS = [
  'Cut',
  'End',
  'Gone',
  'Error',
  'EmptyError',
  'Garbage',
  'Mute',
  'Bookmark',
  'Twice',
  'LateAgain',
  'Reorder',
  'Lose',
] as const;
/** What befalls the next list or watch. */
export const CALL_FAULTS = ['Busy', 'Unavailable', 'Refused', 'Nonsense', 'NoList', 'ExpiredPage', 'StaleList', 'Truncated'] as const;
export type WatchFault = (typeof WATCH_FAULTS)[number];
export type CallFault = (typeof CALL_FAULTS)[number];

interface Happening {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeJson;
  readonly version: number;
}

interface Watcher {
  readonly pipe: TextPipe;
  /** It stays open and says nothing any more. */
  isMute: boolean;
  /** The next event is sent after the one that follows it. */
  isHolding: boolean;
  held: string;
}

/** Events of before the last so many come again when late ones do. */
const LATEST = 2;
const PAGE = 2;
const STALE_BY = 5;
const FIRST_VERSION = 100;

export class FaultyWatchServer implements KubeConnection {
  readonly objects = new Map<string, KubeJson>();
  readonly #clock: Clock;
  readonly #history: Happening[] = [];
  readonly #callFaults: CallFault[] = [];
  readonly #watchers = new Set<Watcher>();
  #version = FIRST_VERSION;
  #losesNext = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  write(name: string): void {
    const old = this.objects.get(name);
    const version = ++this.#version;
    const metadata = { name, namespace: 'shop', uid: old?.metadata.uid ?? `uid-${version}`, resourceVersion: String(version) };
    const object = { apiVersion: 'v1', kind: 'Pod', metadata };
    this.objects.set(name, object);
    this.#tell({ type: old === undefined ? 'ADDED' : 'MODIFIED', version, object });
  }

  delete(name: string): void {
    const old = this.objects.get(name);
    if (old === undefined) return;
    const version = ++this.#version;
    this.objects.delete(name);
    this.#tell({ type: 'DELETED', version, object: { ...old, metadata: { ...old.metadata, resourceVersion: String(version) } } });
  }

  failNextCall(fault: CallFault): void {
    this.#callFaults.push(fault);
  }

  disturb(fault: WatchFault): void {
    this.#losesNext ||= fault === 'Lose';
    for (const watcher of this.#watchers) this.#disturb(watcher, fault);
  }

  /** No fault that has not struck yet will. */
  heal(): void {
    this.#callFaults.length = 0;
    this.#losesNext = false;
  }

  async exchange({ target, signal }: HttpCall): Promise<HttpAnswer> {
    const { searchParams: query } = new URL(target, 'http://localhost');
    const fault = this.#callFaults.shift();
    if (fault === 'Refused') throw new Error('connect ECONNREFUSED');
    if (fault === 'Busy') return answer(429, statusOf(429, 'TooManyRequests'), { 'retry-after': '2' });
    if (fault === 'Unavailable') return answer(503, statusOf(503, 'ServiceUnavailable'));
    if (fault === 'Nonsense') return answer(200, '<html>\n');
    if (fault === 'NoList') return answer(200, '{}\n');
    if (fault === 'Truncated') return { status: 200, headers: {}, body: cutOff(this.#page(query)) };
    if (query.get('watch') === 'true') return this.#watch(query, signal);
    if (fault === 'ExpiredPage' && query.has('continue')) return answer(410, statusOf(410, 'Expired'));
    return answer(200, this.#page(query, fault === 'StaleList' ? STALE_BY : 0));
  }

  retire(): void {}

  async destroy(): Promise<void> {}

  #tell(happening: Happening): void {
    this.#history.push(happening);
    if (this.#losesNext) this.#losesNext = false;
    else for (const watcher of this.#watchers) send(watcher, happening);
  }

  #disturb(watcher: Watcher, fault: WatchFault): void {
    const { pipe } = watcher;
    const say: Partial<Record<WatchFault, () => void>> = {
      Cut: () => pipe.end('Cut'),
      End: () => pipe.end('Ended'),
      Gone: () => pipe.write(lineOf('ERROR', JSON.parse(statusOf(410, 'Expired')))),
      Error: () => pipe.write(lineOf('ERROR', JSON.parse(statusOf(500, 'InternalError')))),
      EmptyError: () => pipe.write(lineOf('ERROR', null)),
      Garbage: () => pipe.write('{"type":\n'),
      Bookmark: () => pipe.write(lineOf('BOOKMARK', { metadata: { resourceVersion: String(this.#version) } })),
      Twice: () => this.#history.slice(-2).forEach((happening) => void send(watcher, happening)),
      LateAgain: () => this.#history.slice(0, -LATEST).forEach((happening) => void send(watcher, happening)),
    };
    if (!watcher.isMute) say[fault]?.();
    watcher.isMute ||= fault === 'Mute';
    watcher.isHolding ||= fault === 'Reorder';
  }

  #watch(query: URLSearchParams, signal: AbortSignal): HttpAnswer {
    const watcher: Watcher = { pipe: new TextPipe(), isMute: false, isHolding: false, held: '' };
    this.#watchers.add(watcher);
    const from = Number(query.get('resourceVersion'));
    for (const happening of this.#history) if (happening.version > from) send(watcher, happening);
    void this.#clock.sleep(Number(query.get('timeoutSeconds')) * 1000, signal).then(() => {
      if (signal.aborted || !watcher.isMute) {
        this.#watchers.delete(watcher);
        watcher.pipe.end(signal.aborted ? 'Cut' : 'Ended');
      }
    });
    return { status: 200, headers: {}, body: watcher.pipe.read() };
  }

  /** All pages are of the version of the first. */
  #page(query: URLSearchParams, staleBy = 0): string {
    const [start = 0, version = Math.max(FIRST_VERSION, this.#version - staleBy)] = (query.get('continue') ?? '')
      .split('-')
      .filter(Boolean)
      .map(Number);
    const then = new Map<string, KubeJson>();
    for (const { type, object, version: at } of this.#history) {
      if (at > version) break;
      if (type === 'DELETED') then.delete(object.metadata.name);
      else then.set(object.metadata.name, object);
    }
    const next = start + PAGE < then.size ? { continue: `${start + PAGE}-${version}` } : {};
    return JSON.stringify({ metadata: { resourceVersion: String(version), ...next }, items: [...then.values()].slice(start, start + PAGE) });
  }
}

/** In two pieces: a line may come however the network cuts it. */
function send(watcher: Watcher, { type, object }: Happening): void {
  const line = lineOf(type, object);
  if (watcher.isMute) return;
  if (watcher.isHolding) {
    [watcher.isHolding, watcher.held] = [false, line];
    return;
  }
  watcher.pipe.write(line.slice(0, line.length / 2));
  watcher.pipe.write(line.slice(line.length / 2) + watcher.held);
  watcher.held = '';
}

const lineOf = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;
const statusOf = (code: number, reason: string): string => JSON.stringify({ kind: 'Status', code, reason, message: reason });

function answer(status: number, text: string, headers: Record<string, string> = {}): HttpAnswer {
  const pipe = new TextPipe();
  pipe.write(text);
  pipe.end('Ended');
  return { status, headers, body: pipe.read() };
}

function cutOff(text: string): AsyncIterable<Uint8Array> {
  const pipe = new TextPipe();
  pipe.write(text.slice(0, text.length / 2));
  pipe.end('Cut');
  return pipe.read();
}
