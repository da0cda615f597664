/** A watch on the wire, and what has come of it so far. */
import { readRecord, readString } from '../../lib/kube/json.js';
import { KubeError } from '../../lib/kube/kube-error.js';
import type { KubeResource } from '../../lib/kube/kube-object.js';
import { resourcePath } from '../../lib/kube/resource-path.js';
import type { KubeTransport } from '../../lib/kube/transport.js';
import { readWatchLines, type WatchLine } from '../../lib/kube/watch-stream.js';

type Query = Readonly<Record<string, string | number | boolean>>;

const SILENCE_MS = 60_000;

export class WatchProbe {
  readonly lines: WatchLine[] = [];
  /** `Peace`, or the reason of what went wrong. */
  end: string | undefined;
  readonly #stop = new AbortController();

  constructor(transport: KubeTransport, { resource, namespace, query }: { resource: KubeResource; namespace: string; query: Query }) {
    const call = { method: 'GET', path: resourcePath(resource, { namespace }), query: { watch: true, ...query }, signal: this.#stop.signal } as const;
    this.#read(transport.stream(call, SILENCE_MS));
  }

  /** `ADDED reader`, in order, without bookmarks. */
  get told(): string[] {
    return this.lines
      .filter(({ type }) => type !== 'BOOKMARK')
      .map(({ type, object }) => `${type} ${readString(readRecord(object, 'metadata'), 'name')}`);
  }

  get versions(): number[] {
    return this.lines.map(({ object }) => Number(readString(readRecord(object, 'metadata'), 'resourceVersion')));
  }

  stop(): void {
    this.#stop.abort();
  }

  async #read(opened: Promise<AsyncIterable<Uint8Array>>): Promise<void> {
    try {
      for await (const line of readWatchLines(await opened)) this.lines.push(line);
      this.end = 'Peace';
    } catch (error) {
      this.end = error instanceof KubeError ? error.reason : String(error);
    }
  }
}
