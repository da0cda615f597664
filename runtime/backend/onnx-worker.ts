/** The thread that owns one session. It ends by itself when told to close, and never otherwise: see session-host.ts. */
import { parentPort } from 'node:worker_threads';
import { SessionHost } from './session-host.js';
import type { HostMessage } from './worker-protocol.js';

const port = parentPort;
if (port === null) throw new Error('onnx-worker runs in a worker thread only');

const host = new SessionHost({ post: (reply, move) => port.postMessage(reply, move), end: () => port.close() }, false);
port.on('message', (message: HostMessage) => host.receive(message));
