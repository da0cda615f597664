/**
 * Reading without an allocation for each piece. Node gives every read of a socket memory of its own, which V8 counts and for which it
 * collects: with bodies of 600 KB that is most of what a request costs. `net.connect` takes a buffer to read into (`onread`), and a
 * server's sockets can use one as well, but there is no public way to give it to them: it lies behind symbols that a socket keeps to
 * itself. They are looked for; where they are not as in Node 24, or under TLS, the socket is read as usual. A test says so when that
 * happens (docs/adr/0034).
 */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';

/** All sockets are read into it, one after the other: what is read is used before the next read. Large enough for what the kernel has waiting. */
const SHARED = Buffer.allocUnsafeSlow(256 * 1024);

/** `onBytes` gets a view that holds until it returns. False: each piece has memory of its own, which costs more. The socket has nothing unread. */
export function readSocket(socket: Socket, onBytes: (bytes: Buffer) => void): boolean {
  const isShared = shareBuffer(socket, onBytes);
  if (isShared) socket.resume();
  else socket.on('data', onBytes);
  return isShared;
}

function shareBuffer(socket: Socket, onBytes: (bytes: Buffer) => void): boolean {
  const symbols = Object.getOwnPropertySymbols(socket);
  const buffer = symbols.find(({ description }) => description === 'kBuffer');
  const callback = symbols.find(({ description }) => description === 'kBufferCb');
  const handle: unknown = Reflect.get(socket, '_handle');
  if (buffer === undefined || callback === undefined || !isTcp(handle) || 'encrypted' in socket) return false;
  Reflect.set(socket, buffer, SHARED);
  Reflect.set(socket, callback, (bytes: number) => {
    onBytes(SHARED.subarray(0, bytes));
    return true;
  });
  handle.useUserBuffer(SHARED);
  return true;
}

interface Tcp {
  useUserBuffer(buffer: Uint8Array): void;
}

function isTcp(handle: unknown): handle is Tcp {
  return typeof handle === 'object' && handle !== null && 'useUserBuffer' in handle && typeof handle.useUserBuffer === 'function';
}
