/** Python protobuf's reading of many messages at once: one process, which reads them all and answers a line for each. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { findProtoFolder } from '../../proto/load.js';

const SCRIPT = join(dirname(findProtoFolder()), 'test', 'wire', 'wire_oracle.py');

/** One line per message, in their order; `kind` says what they are. Rejects with what Python said when it did not end well. */
export async function readWithPython(
  python: string,
  messages: readonly Uint8Array[],
  kind: 'requests' | 'responses' = 'requests',
): Promise<string[]> {
  const child = spawn(python, [SCRIPT, kind], { stdio: ['pipe', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (data: Buffer) => output.push(data));
  child.stderr.on('data', (data: Buffer) => errors.push(data));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  child.stdin.on('error', (error) => errors.push(Buffer.from(String(error)))); // it ended early; its exit code says so
  child.stdin.end(Buffer.concat(messages.flatMap((message) => [lengthOf(message), message])));
  const code = await ended;
  if (code !== 0) throw new Error(`Python ended with ${code}: ${Buffer.concat(errors)}`);
  const lines = Buffer.concat(output).toString().split('\n').slice(0, -1);
  if (lines.length !== messages.length) throw new Error(`Python answered ${lines.length} lines to ${messages.length} messages`);
  return lines;
}

function lengthOf(message: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(message.length);
  return length;
}
