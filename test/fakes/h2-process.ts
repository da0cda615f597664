/** A FakeH2Server as a process, so that it can be frozen. Says its port to who forked it. */
import process from 'node:process';
import type { KeyPair } from './certificates.js';
import { FakeH2Server } from './h2-server.js';

const pair: KeyPair = JSON.parse(process.argv[2] ?? '{}');
const server = await new FakeH2Server(pair, (stream, { ':path': path }) => {
  stream.respond({ ':status': 200 });
  if (path === '/watch') stream.write('first\n');
  else stream.end('ok');
}).listen();
process.send?.(new URL(server.url).port);
