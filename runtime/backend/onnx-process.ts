/** The process that owns one session: whatever ONNX Runtime does to its process, the server lives. Ends with its parent. */
import process from 'node:process';
import { SessionHost } from './session-host.js';
import { disableTelemetry } from './telemetry.js';
import type { HostMessage } from './worker-protocol.js';

disableTelemetry();
if (process.send === undefined) throw new Error('onnx-process runs as a child of the server only');
const host = new SessionHost({ post: (reply) => process.send?.(reply), end: () => process.disconnect() }, true);
process.on('message', (message: HostMessage) => host.receive(message));
process.on('disconnect', () => process.exit(0));
// The group gets the terminal's signals; the parent decides when this ends.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
