/** For tests: two ends of one connection over loopback. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';

export interface SocketPair {
  readonly server: Socket;
  readonly client: Socket;
  /** Resolves when both ends are gone. */
  close(): Promise<void>;
}

/** `allowHalfOpen`: the client's end stays open for writing when the server ends. */
export async function openSockets(allowHalfOpen = false): Promise<SocketPair> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const accepted = once(listener, 'connection');
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen });
  const [server]: unknown[] = await accepted;
  if (!(server instanceof Socket)) throw new Error('no socket was accepted');
  if (client.connecting) await once(client, 'connect');
  listener.close();
  client.setNoDelay(true);
  client.on('error', () => undefined); // 'close' follows
  return { server, client, close: () => closeBoth(server, client) };
}

async function closeBoth(...sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.on('error', () => undefined).destroy();
  await Promise.all(sockets.map((socket) => (socket.closed ? undefined : once(socket, 'close'))));
}
