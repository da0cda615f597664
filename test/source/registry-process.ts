/** A real registry of another project (go-containerregistry, in nodebox) as a process on a loopback port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Binaries, ensureBinaries } from '../../cluster/binaries.js';

export class RegistryProcess {
  private constructor(
    readonly binaries: Binaries,
    /** host:port */
    readonly host: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(folder: string): Promise<RegistryProcess> {
    const binaries = await ensureBinaries((line) => console.log(line));
    const child = spawn(binaries.nodebox, ['registry', '127.0.0.1:0', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
    for await (const line of createInterface({ input: child.stderr })) {
      const host = /on (127\.0\.0\.1:\d+)$/.exec(line)?.[1];
      if (host === undefined) continue;
      child.stderr.resume();
      return new RegistryProcess(binaries, host, child);
    }
    throw new Error('The registry ended before it said where it listens');
  }

  /** A PUT of bytes that no tool of ours would make. */
  async putManifest(repository: string, reference: string, manifest: unknown, mediaType: string): Promise<string> {
    const response = await fetch(`http://${this.host}/v2/${repository}/manifests/${reference}`, {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body: JSON.stringify(manifest),
    });
    if (response.status !== 201) throw new Error(`The registry answered ${response.status} for the manifest: ${await response.text()}`);
    return response.headers.get('docker-content-digest') ?? '';
  }

  async putBlob(repository: string, digest: string, content: Buffer): Promise<void> {
    const begun = await fetch(`http://${this.host}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
    const url = new URL(begun.headers.get('location') ?? '', `http://${this.host}`);
    url.searchParams.set('digest', digest);
    const response = await fetch(url, { method: 'PUT', body: new Uint8Array(content) });
    if (response.status !== 201) throw new Error(`The registry answered ${response.status} for the blob: ${await response.text()}`);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const closed = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await closed;
  }
}
