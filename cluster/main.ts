/** `npm run cluster:up | down | status | logs | shell`. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Phases } from '../hack/phases.js';
import { ensureBinaries } from './binaries.js';
import { downCluster } from './down.js';
import type { Layout } from './layout.js';
import { findLayout } from './record.js';
import { describeExited, howItEnded, readSupervisor } from './supervisor.js';
import { upCluster } from './up.js';

const USAGE = `usage: npm run cluster:<up | down | status | logs | shell> -- [--name dev] …
  up      [--gpus 0] [--gpu-vendor nvidia|amd|intel] [--gpu-product NVIDIA-L4]
  logs    [component] [--follow]`;

const { values, positionals } = parseOrExplain();
const name = values.name;

try {
  process.exitCode = await main(positionals[0]);
} catch (error) {
  console.error(`\n✘ ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function main(command: string | undefined): Promise<number> {
  switch (command) {
    case 'up':
      return up();
    case 'down':
      console.log((await downCluster(name, console.log)) ? `Cluster "${name}" is gone` : `There is no cluster "${name}"`);
      return 0;
    case 'status':
      return status(known());
    case 'logs':
      return logs(known(), positionals[1]);
    case 'shell':
      return shell(known());
    default:
      console.error(USAGE);
      return 2;
  }
}

async function up(): Promise<number> {
  const gpus = values.gpus === undefined ? undefined : Number(values.gpus);
  if (gpus !== undefined && !(Number.isInteger(gpus) && gpus >= 0 && gpus <= 64)) throw new Error(`--gpus "${values.gpus}" is no number of devices: use 0 to 64`);
  const { layout, binaries } = await upCluster(
    {
      name,
      ...(gpus === undefined ? {} : { gpus }),
      ...(values['gpu-vendor'] === undefined ? {} : { gpuVendor: values['gpu-vendor'] }),
      ...(values['gpu-product'] === undefined ? {} : { gpuProduct: values['gpu-product'] }),
    },
    new Phases(),
  );
  console.log(`\nCluster "${name}" is ready:\n  ${binaries.kubectl} --kubeconfig ${layout.kubeconfig} get nodes\n  npm run cluster:shell -- --name ${name}`);
  return 0;
}

function status(layout: Layout): number {
  const state = readSupervisor(layout);
  if (state === undefined) {
    console.log(`Cluster "${name}" is not running; start it again with npm run cluster:up -- --name ${name}`);
    return 1;
  }
  for (const one of state.components) {
    const more = one.phase === 'exited' ? howItEnded(one) : `process ${one.pid ?? '-'}`;
    console.log(`${one.name.padEnd(24)} ${one.phase.padEnd(8)} ${more}`);
  }
  const exited = describeExited(state);
  for (const line of exited) console.log(`\n${line}`);
  if (exited.length > 0) console.log(`\nnpm run cluster:up -- --name ${name} starts again what has ended`);
  return exited.length === 0 && state.components.every((one) => one.phase === 'running') ? 0 : 1;
}

function logs(layout: Layout, component: string | undefined): Promise<number> {
  const names = existsSync(layout.logDir) ? readdirSync(layout.logDir).map((file) => file.replace(/\.log$/, '')) : [];
  if (component !== undefined && !names.includes(component)) throw new Error(`"${component}" has no log: choose one of ${names.join(', ')}`);
  const files = (component === undefined ? names : [component]).map((one) => join(layout.logDir, `${one}.log`));
  return run('tail', [...(values.follow ? ['-F'] : []), '-n', component === undefined ? '5' : '200', ...files]);
}

async function shell(layout: Layout): Promise<number> {
  const binaries = await ensureBinaries(console.log);
  const path = [dirname(binaries.kubectl), dirname(binaries.helm), dirname(binaries.crane), process.env['PATH'] ?? ''].join(':');
  console.log(`kubectl, helm and crane are for cluster "${name}"; "exit" leaves`);
  return run(process.env['SHELL'] ?? '/bin/sh', [], { PATH: path, KUBECONFIG: layout.kubeconfig });
}

function known(): Layout {
  const layout = findLayout(name);
  if (layout === undefined) throw new Error(`There is no cluster "${name}": make it with npm run cluster:up -- --name ${name}`);
  return layout;
}

function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 130));
  });
}

function parseOrExplain() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        name: { type: 'string', default: 'dev' },
        gpus: { type: 'string' },
        'gpu-vendor': { type: 'string' },
        'gpu-product': { type: 'string' },
        follow: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}
