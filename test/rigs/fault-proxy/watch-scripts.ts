/**
 * What may happen to a watch. Each script turns the lines that the API server sends (with their newlines) into the pieces that the
 * client gets. Only `reordered` and `gap` lie; the others are what servers, networks and proxies do.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** `signal` aborts when the client has gone; `version` is the one that it watches from. */
export type WatchScript = (lines: AsyncIterable<string>, signal: AbortSignal, version: string) => AsyncIterable<string>;
/** A script that returns ends the answer in good order; one that throws `Cut` breaks it off. */

export class Cut extends Error {
  override readonly name = 'Cut';
}

/** Passes `after` lines, then nothing any more: the other end is gone, and nobody says so, or only after `forMs`. */
export function halfOpen(after = 0, forMs?: number): WatchScript {
  return async function* (lines, signal) {
    yield* take(lines, after);
    if (forMs === undefined) return aborted(signal);
    await pause(forMs, signal);
    throw new Cut('The watch was cut after a silence');
  };
}

/** Passes `after` lines, then an ERROR event, as when the version is too old by now. */
export function errorEvent(after = 0, code = 410): WatchScript {
  return async function* (lines) {
    yield* take(lines, after);
    yield errorLine(code);
  };
}

/** Withholds events for `forMs` and repeats a bookmark of where the watch stood, then the version is gone. */
export function bookmarksOnly(forMs: number, everyMs = 200): WatchScript {
  return async function* (_lines, signal, version) {
    const object = { kind: 'Unknown', apiVersion: 'v1', metadata: { resourceVersion: version, creationTimestamp: null } };
    for (const until = Date.now() + forMs; Date.now() < until && !signal.aborted; await pause(everyMs, signal)) {
      yield `${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
    }
    yield errorLine(410);
  };
}

/** Each event twice, and the one before once more. */
export const duplicated: WatchScript = async function* (lines) {
  let before = '';
  for await (const line of lines) {
    yield line + line + before;
    before = line;
  }
};

/** Of each two events that come within `windowMs`, the second comes first. `ofOneObject`: also where both are of one object. */
export function reordered(windowMs = 100, ofOneObject = false): WatchScript {
  return async function* (lines) {
    const source = lines[Symbol.asyncIterator]();
    for (let next = source.next(); ; ) {
      const first = await next;
      if (first.done === true) return;
      next = source.next();
      const second = await Promise.race([next, sleep(windowMs).then(() => undefined)]);
      const isSwapped = second !== undefined && second.done !== true && (ofOneObject || uidOf(second.value) !== uidOf(first.value));
      if (isSwapped) {
        yield second.value;
        next = source.next();
      }
      yield first.value;
    }
  };
}

/** Each line as it was, `ms` later. */
export function late(ms: number): WatchScript {
  return async function* (lines, signal) {
    for await (const { at, line } of stamped(lines)) {
      await pause(at + ms - Date.now(), signal);
      yield line;
    }
  };
}

/** Every line in pieces of `bytes`, each sent by itself. */
export function split(bytes = 7): WatchScript {
  return async function* (lines, signal) {
    for await (const line of lines) {
      const pieces = Math.min(Math.ceil(line.length / bytes), 20);
      const size = Math.ceil(line.length / pieces);
      for (let at = 0; at < line.length; at += size) {
        yield line.slice(at, at + size);
        await pause(1, signal);
      }
    }
  };
}

/** Passes `after` lines, swallows `lost`, then the version is gone: only a new list tells what was swallowed. */
export function gap(after: number, lost: number): WatchScript {
  return async function* (lines) {
    const source = lines[Symbol.asyncIterator]();
    const rest = { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) };
    yield* take(rest, after);
    for (let swallowed = 0; swallowed < lost; swallowed++) if ((await source.next()).done === true) break;
    yield errorLine(410);
  };
}

/** Passes `after` lines, then one that is no JSON. */
export function garbage(after = 0): WatchScript {
  return async function* (lines) {
    yield* take(lines, after);
    yield '{"type":"MODIFIED","object":{"metadata":<html>502 Bad Gateway</html>\n';
    for await (const line of lines) yield line;
  };
}

/** Passes `after` lines and half of the next, then the connection ends. */
export function cutMidLine(after = 0): WatchScript {
  return async function* (lines) {
    let passed = 0;
    for await (const line of lines) {
      if (passed++ < after) yield line;
      else {
        yield line.slice(0, line.length / 2);
        throw new Cut('The watch was cut within a line');
      }
    }
  };
}

async function* take(lines: AsyncIterable<string>, count: number): AsyncGenerator<string> {
  let taken = 0;
  if (count === 0) return;
  for await (const line of { [Symbol.asyncIterator]: () => ({ next: nextOf(lines) }) }) {
    yield line;
    if (++taken >= count) return;
  }
}

/** Without `return`: whoever goes on reading after a part of it finds the rest. */
function nextOf(lines: AsyncIterable<string>): () => Promise<IteratorResult<string>> {
  const source = lines[Symbol.asyncIterator]();
  return () => source.next();
}

/** Lines with the moment at which they came, read as they come and not as they are taken. */
async function* stamped(lines: AsyncIterable<string>): AsyncGenerator<{ readonly at: number; readonly line: string }> {
  const waiting: { readonly at: number; readonly line: string }[] = [];
  let [wake, isOver] = [(): void => undefined, false];
  const reading = (async () => {
    for await (const line of lines) {
      waiting.push({ at: Date.now(), line });
      wake();
    }
  })().finally(() => {
    isOver = true;
    wake();
  });
  reading.catch(() => undefined); // told below, to whoever still reads
  for (;;) {
    const next = waiting.shift();
    if (next !== undefined) yield next;
    else if (isOver) break;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
  await reading;
}

function uidOf(line: string): string | undefined {
  return /"uid":"([^"]+)"/.exec(line)?.[1];
}

function errorLine(code: number): string {
  const reason = code === 410 ? 'Expired' : 'InternalError';
  const object = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'too old resource version', reason, code };
  return `${JSON.stringify({ type: 'ERROR', object })}\n`;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
