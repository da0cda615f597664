/**
 * Run by abort.test.ts in a process of its own: the transport, and a second port at which one byte is "b", busy for a while, so that what
 * other connections send meanwhile arrives in one turn of the event loop, or "g", collect garbage now.
 */
import { createServer } from 'node:net';
import process from 'node:process';
import { collectGarbage } from '../../runtime/backend/memory-return.js';
import { TestServer } from '../../runtime/http2/test-server.js';

const BUSY_MS = 15;

const world = await new TestServer().start();
const control = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.on('data', ([command]) => {
    if (command === 'b'.charCodeAt(0)) for (const began = performance.now(); performance.now() - began < BUSY_MS; );
    else collectGarbage();
  });
});
control.listen(0, '127.0.0.1', () => {
  const address = control.address();
  process.send?.({ port: world.port, controlPort: typeof address === 'object' ? address?.port : undefined });
});
process.on('message', () => process.send?.({ ends: world.ends.splice(0).length }));
process.once('disconnect', () => process.exit());
