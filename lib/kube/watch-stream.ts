/** Newline-delimited JSON, however the network cut it. */
import { isRecord, readString } from './json.js';
import { KubeError } from './kube-error.js';

/** An object of etcd has at most 1.5 MiB; a line of a watch holds one. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 10;

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
const TYPES: readonly WatchEventType[] = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'];

export interface WatchLine {
  readonly type: WatchEventType;
  readonly object: unknown;
}

/** A last line without its newline was cut off: it is dropped, for half an object may still be valid JSON. */
export async function* readWatchLines(chunks: AsyncIterable<Uint8Array>, maxLineBytes = MAX_LINE_BYTES): AsyncGenerator<WatchLine> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const rest = chunk.subarray(start, end);
      const line = pending.length === 0 ? Buffer.from(rest.buffer, rest.byteOffset, rest.byteLength) : Buffer.concat([...pending, rest]);
      [pending, pendingBytes, start] = [[], 0, end + 1];
      if (line.length > 0) yield parseLine(line.toString('utf8'));
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > maxLineBytes) throw badAnswer(`a line of more than ${maxLineBytes} bytes`);
  }
}

function parseLine(line: string): WatchLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw badAnswer(`a line that is not JSON: ${line.slice(0, 100)}`, error);
  }
  const name = readString(value, 'type');
  const type = TYPES.find((known) => known === name);
  if (type === undefined || !isRecord(value)) throw badAnswer(`an event of type ${JSON.stringify(name)}`);
  return { type, object: value['object'] };
}

function badAnswer(what: string, cause?: unknown): KubeError {
  return new KubeError(`The watch sent ${what}`, { code: 0, reason: 'BadAnswer', ...(cause === undefined ? {} : { cause }) });
}
