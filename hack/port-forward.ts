/** kubectl port-forward to a Service for as long as some work takes. */
import { spawn } from 'node:child_process';
import type { Kubectl } from './kubectl.js';

/** Calls `work` with a local address that leads to the Service's port; stops forwarding afterwards. */
export async function withPortForward<T>(
  kubectl: Kubectl,
  target: { readonly namespace: string; readonly service: string; readonly port: number },
  work: (address: string) => Promise<T>,
): Promise<T> {
  const args = kubectl.bind(['-n', target.namespace, 'port-forward', `svc/${target.service}`, `:${target.port}`]);
  const child = spawn(kubectl.access.kubectl, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const port = await new Promise<string>((resolve, reject) => {
      let said = '';
      const read = (chunk: Buffer): void => {
        said += chunk.toString();
        const port = /127\.0\.0\.1:(\d+) ->/.exec(said)?.[1];
        if (port !== undefined) resolve(port);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`kubectl port-forward ended with exit code ${code}: ${said.trim()}`)));
    });
    return await work(`127.0.0.1:${port}`);
  } finally {
    child.kill('SIGTERM');
  }
}
