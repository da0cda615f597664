/** What the runtime takes of node:http2's own: this fails when a version of Node no longer has it. */
import { once } from 'node:events';
import { connect, createServer, type ServerHttp2Session } from 'node:http2';
import { describe, expect, it } from '@jest/globals';
import { takeHandle, useStreamTables } from './session-internals.js';
import { StreamTable } from './stream-table.js';

const HELD = 40;

describe('a session of node:http2', () => {
  it('keeps its streams in our tables, and empties them', async () => {
    const server = createServer();
    const sessions: { session: ServerHttp2Session; isChanged: boolean; handle: unknown }[] = [];
    server.on('session', (session) => sessions.push({ session, isChanged: useStreamTables(session), handle: takeHandle(session) }));
    const held: (() => void)[] = [];
    server.on('stream', (stream) => held.push(() => stream.respond([':status', '200'], { endStream: true })));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const client = connect(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
    const asked = Array.from({ length: HELD }, () => client.request({ ':path': '/' }).resume());
    while (held.length < HELD) await new Promise((resolve) => setImmediate(resolve));
    const [{ session, isChanged, handle } = { session: undefined, isChanged: false, handle: undefined }] = sessions;
    expect([sessions.length, isChanged, typeof handle]).toEqual([1, true, 'object']);
    const { streams, pendingStreams } = readState(session);
    expect([streams instanceof StreamTable, streams.size, pendingStreams.size]).toEqual([true, HELD, 0]);
    const closed = Promise.all(asked.map((stream) => once(stream, 'close')));
    for (const answer of held) answer();
    await closed;
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(streams.size).toBe(0);
    client.close();
    server.close();
  });

  it('is left as it is when it looks different', () => {
    for (const state of [undefined, {}, { streams: new Map(), pendingStreams: 1 }, { streams: new Map([[1, 2]]), pendingStreams: new Set() }]) {
      const session = { [Symbol('state')]: state } as unknown as ServerHttp2Session;
      expect(useStreamTables(session)).toBe(false);
    }
  });
});

interface State {
  readonly streams: Map<number, unknown>;
  readonly pendingStreams: Set<unknown>;
}

function readState(session: ServerHttp2Session | undefined): State {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state');
  return Reflect.get(session ?? {}, key ?? '') as State;
}
