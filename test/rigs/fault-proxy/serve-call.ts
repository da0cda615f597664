/** One call from the client to the API server and back, with what its fault does to it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallRecord } from './call-log.js';
import type { ClientSide } from './client-side.js';
import type { ProxyCall } from './describe-call.js';
import { type Fault, statusBody } from './fault.js';
import { heldWatch, isStaleable, itemOf, staleTarget } from './stale-reads.js';
import { readAll, type Upstream, type UpstreamAnswer } from './upstream.js';
import type { WatchScript } from './watch-scripts.js';

export interface Served {
  readonly call: ProxyCall;
  readonly client: ClientSide;
  readonly body: Buffer;
  readonly record: CallRecord;
  readonly upstream: Upstream;
}

export async function serveCall(served: Served, fault: Fault | undefined): Promise<void> {
  const { client } = served;
  if (fault === undefined) return passOn(served, await ask(served, client.gone));
  switch (fault.kind) {
    case 'Answer': {
      const { retryAfterSeconds, status } = fault;
      return client.json(status, statusBody(fault), retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) });
    }
    case 'Reset':
      return client.cut();
    case 'Hang':
      return client.untilGone();
    case 'Watch':
      return passWatch(served, await ask(served, client.gone), fault.script);
    case 'Stale':
      return serveStale(served, fault);
    default:
      return serveWithoutClient(served, fault);
  }
}

type Outliving = Exclude<Fault, { kind: 'Answer' | 'Reset' | 'Hang' | 'Watch' | 'Stale' }>;

/** Served to its end whatever the client does meanwhile: these faults are about what the API server did and the client does not know. */
async function serveWithoutClient(served: Served, fault: Outliving): Promise<void> {
  const { client } = served;
  if (fault.kind === 'Delay') await sleep(fault.ms);
  if (fault.kind === 'Crash' && fault.when === 'BeforeServing') {
    await fault.call();
    return client.cut();
  }
  const answer = await ask(served, AbortSignal.timeout(60_000));
  const text = await readAll(answer.body);
  switch (fault.kind) {
    case 'LoseReply':
      return fault.how === 'Reset' ? client.cut() : client.untilGone();
    case 'Crash':
      await fault.call();
      return client.cut();
    case 'Truncate':
      return truncate(client, answer, { text, how: fault.how });
    case 'DelayReply':
      await sleep(fault.ms);
      return client.json(answer.status, text, withoutLength(answer.headers));
    case 'Delay':
      return client.json(answer.status, text, withoutLength(answer.headers));
  }
}

async function truncate(
  client: ClientSide,
  answer: UpstreamAnswer,
  { text, how }: { readonly text: string; readonly how: 'Cut' | 'End' },
): Promise<void> {
  const whole = Buffer.from(text);
  client.head(answer.status, { ...withoutLength(answer.headers), ...(how === 'Cut' ? { 'content-length': String(whole.length) } : {}) });
  await client.write(whole.subarray(0, whole.length / 2));
  if (how === 'End') return client.end();
  await sleep(20); // or the half would be lost with the connection
  client.cut();
}

async function serveStale(served: Served, { version, heldMs }: Extract<Fault, { kind: 'Stale' }>): Promise<void> {
  const { call, client } = served;
  if (call.verb === 'watch') return passWatch(served, await ask(served, client.gone), heldWatch(heldMs));
  if (!isStaleable(call)) return passOn(served, await ask(served, client.gone));
  const answer = await ask(served, client.gone, staleTarget(call, version()));
  const text = await readAll(answer.body);
  if (call.verb !== 'get' || answer.status !== 200) return client.json(answer.status, text, withoutLength(answer.headers));
  const item = itemOf(text, call);
  client.json(item.status, item.text);
}

async function ask({ call, client, body, record, upstream }: Served, signal: AbortSignal, target = client.target): Promise<UpstreamAnswer> {
  record.forwardedAtMs = Date.now();
  const answer = await upstream.exchange({ method: call.method, target, headers: client.headers, body, signal });
  record.servedAtMs = Date.now();
  record.status = answer.status;
  return answer;
}

async function passOn({ client }: Served, { status, headers, body }: UpstreamAnswer): Promise<void> {
  client.head(status, headers);
  for await (const chunk of body) await client.write(chunk);
  client.end();
}

async function passWatch({ client, call }: Served, { status, headers, body }: UpstreamAnswer, script: WatchScript): Promise<void> {
  client.head(status, withoutLength(headers));
  for await (const piece of script(linesOf(body), client.gone, call.query.get('resourceVersion') ?? '')) await client.write(piece);
  client.end();
}

/** Whole lines with their newline. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.subarray(0, end + 1).toString('utf8');
      rest = rest.subarray(end + 1);
    }
  }
}

function withoutLength(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !['content-length', 'transfer-encoding'].includes(name)));
}
