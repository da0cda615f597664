/** versitygw over a folder, as a process on a loopback port: an S3 server of another project, which checks signatures. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureVersitygw } from '../../cluster/binaries.js';

export interface BucketKeys {
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
}

/** It starts in a fraction of this. */
const START_SECONDS = 60;

export class BucketServer {
  private constructor(
    readonly endpoint: string,
    private readonly folder: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(folder: string, keys: BucketKeys): Promise<BucketServer> {
    const program = await ensureVersitygw((line) => console.log(line));
    mkdirSync(join(folder, 'buckets'), { recursive: true });
    mkdirSync(join(folder, 'attributes'));
    const port = await freePort();
    const access = ['--access', keys.AWS_ACCESS_KEY_ID, '--secret', keys.AWS_SECRET_ACCESS_KEY];
    // attributes of objects in files of their own: not every file system of a test has extended attributes
    const args = [...access, '--port', `127.0.0.1:${port}`, 'posix', '--sidecar', join(folder, 'attributes'), join(folder, 'buckets')];
    const child = spawn(program, args, { stdio: 'ignore' });
    const server = new BucketServer(`http://127.0.0.1:${port}`, folder, child);
    for (let tries = 0; tries < START_SECONDS * 10; tries++) {
      if (child.exitCode !== null) throw new Error(`versitygw ended with ${child.exitCode} instead of serving`);
      if (await isAnswering(server.endpoint)) return server;
      await sleep(100);
    }
    await server.stop();
    throw new Error(`versitygw did not answer within ${START_SECONDS} s`);
  }

  /** Its objects are files. */
  put(bucket: string, key: string, bytes: Buffer): void {
    const path = join(this.folder, 'buckets', bucket, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const closed = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await closed;
  }
}

async function isAnswering(endpoint: string): Promise<boolean> {
  return fetch(endpoint).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port is free');
  return address.port;
}
