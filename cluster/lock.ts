/**
 * One command at a time, machine-wide. The lock is an abstract unix socket: the kernel gives a name to one process only and takes it
 * back when that process ends, however it ends, so no lock is ever left behind.
 */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Note } from './binaries.js';
import { hasCode } from './error-code.js';

/** Waits for its turn; `key` says what is locked, such as a state folder. */
export async function withLock<T>(key: string, note: Note, work: () => Promise<T>): Promise<T> {
  let lock = await tryLock(key);
  if (lock === undefined) note('waiting for another command that works on the same');
  for (; lock === undefined; lock = await tryLock(key)) await sleep(100);
  try {
    return await work();
  } finally {
    lock.close();
  }
}

function tryLock(key: string): Promise<Server | undefined> {
  const name = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    if (process.platform !== 'linux') return resolve(server); // no such names there, and no local cluster either
    server.on('error', (error) => (hasCode(error, 'EADDRINUSE') ? resolve(undefined) : reject(error)));
    server.listen(`\0slipway-${name}`, () => resolve(server));
    server.unref();
  });
}
