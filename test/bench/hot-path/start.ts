/**
 * `node dist/test/bench/hot-path/start.js [models] [heap in MiB]`: the operator as it ships, with the heap that the chart's limit leaves it, started
 * on a world at rest: how long until it has looked at every model, what memory that takes, and that it writes nothing. The server
 * only sends recorded lists (see list-server), so the figures are the operator's alone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { IMAGE } from './world.js';

const MODELS = Number(process.argv[2] ?? 5000);
/** What Node gives itself in a container of the chart's 512Mi, and what the image says of the young generation. */
const HEAP = [`--max-old-space-size=${process.argv[3] ?? 256}`, '--max-semi-space-size=8'];
const PATIENCE_MS = 180_000;
const REST_MS = 20_000;

const folder = mkdtempSync(join(tmpdir(), 'slipway-start-'));
const children: ChildProcess[] = [];
try {
  await main();
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
}

async function main(): Promise<void> {
  const server = launch([join('dist', 'test', 'bench', 'hot-path', 'list-server.js'), String(MODELS)], {});
  const port = (await nextLine(server)).trim();
  const metricsPort = await freePort();
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, renderKubeconfig(port));
  const start = performance.now();
  const operator = launch([...HEAP, join('dist', 'operator', 'main.js')], {
    KUBECONFIG: kubeconfig,
    SLIPWAY_RUNTIME_IMAGE: IMAGE,
    SLIPWAY_POD_NAME: 'a',
    SLIPWAY_POD_NAMESPACE: 'default',
    SLIPWAY_METRICS_PORT: String(metricsPort),
    SLIPWAY_PROBES_PORT: '0',
    SLIPWAY_LOG_LEVEL: 'warn',
  });
  let said = '';
  for (const stream of [operator.stdout, operator.stderr])
    stream?.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-4000)));
  for (const until = start + PATIENCE_MS; (await passes(metricsPort)) < MODELS; await sleep(50)) {
    if (operator.exitCode !== null || operator.signalCode !== null) throw new Error(`The operator ended:\n${said}`);
    if (performance.now() > until) throw new Error(`Only ${await passes(metricsPort)} passes in ${PATIENCE_MS / 1000} s:\n${said}`);
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${MODELS} models, ${2 * MODELS} pods: all looked at after ${seconds.toFixed(1)} s; RSS ${rssMb(operator)} MB, at most ${rssMb(operator, 'VmHWM')} MB`,
  );
  await sleep(REST_MS);
  server.kill('SIGUSR2');
  const written = JSON.parse(await nextLine(server));
  console.log(
    `after ${REST_MS / 1000} s of rest: RSS ${rssMb(operator)} MB; ${written.length} writes${written.length === 0 ? '' : `, the first: ${written[0]}`}`,
  );
}

function launch(args: readonly string[], env: Record<string, string>): ChildProcess {
  const own = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  const child = spawn(process.execPath, args, { env: { ...own, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

function nextLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error('The server ended')));
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString('utf8')));
  });
}

async function passes(port: number): Promise<number> {
  try {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const counts = text.matchAll(/^controller_runtime_reconcile_total\{controller="modeldeployment",result="[a-z_]+"\} (\d+)$/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  } catch {
    return 0; // it does not listen yet
  }
}

function rssMb({ pid }: ChildProcess, field = 'VmRSS'): string {
  const kilobytes = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kilobytes) / 1024).toFixed(0);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

function renderKubeconfig(port: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'it',
    clusters: [{ name: 'it', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
    users: [{ name: 'it', user: { token: 'none' } }],
  });
}
