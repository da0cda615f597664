/** `npm run cluster:up | down | status | logs | shell`. */
import { parseArgs } from 'node:util';
import { Phases } from '../hack/phases.js';
import { ensureBinaries } from './binaries.js';
import { downCluster } from './down.js';
import { type ExternalCluster, findClientTools, findKubeconfig, pingExternal, readExternal } from './external.js';
import { type Layout, nameProblem } from './layout.js';
import { findLayout } from './record.js';
import { openShell } from './shell.js';
import { showLogs } from './show-logs.js';
import { clusterStatus } from './status.js';
import { upCluster } from './up.js';

const USAGE = `usage: npm run cluster:<command> -- [--name dev] …
  up      start the cluster, or heal it   [--nodes 1|2] [--gpus 0..64] [--gpu-vendor nvidia|amd|intel] [--gpu-product NVIDIA-L4]
                                          [--kwok-nodes 0..1000] [--kwok-gpus 0..16] [--kwok-only]
  down    remove it and everything in it
  status  what runs and what has ended; exit code 0 only when all is well
  logs    [component] [--follow]
  shell   a shell whose kubectl, helm and crane are the cluster's
SLIPWAY_CLUSTER_CONTEXT=<context> names a cluster that you have; these commands then start and remove nothing.`;

const MOST_GPUS = 64;
const COMMANDS = ['up', 'down', 'status', 'logs', 'shell'] as const;
type Command = (typeof COMMANDS)[number];

const { values, positionals } = parseOrExplain();
const name = values.name;

try {
  process.exitCode = values.help ? help() : await main(parseCommand(positionals));
} catch (error) {
  console.error(`\n✘ ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function main(command: Command): Promise<number> {
  const external = readExternal(process.env);
  if (external !== undefined) return mainExternal(command, external);
  const problem = nameProblem(name);
  if (problem !== undefined) throw new Error(problem);
  switch (command) {
    case 'up':
      return up();
    case 'down':
      console.log((await downCluster(name, console.log)) ? `Cluster "${name}" is gone` : `There is no cluster "${name}"`);
      return 0;
    case 'status':
      return status(known());
    case 'logs':
      return showLogs(known(), positionals[1], values.follow);
    case 'shell':
      return openShell(`cluster "${name}"`, known().kubeconfig, await ensureBinaries(console.log));
  }
}

/** A cluster of the user's is looked at and never changed. */
async function mainExternal(command: Command, external: ExternalCluster): Promise<number> {
  const owner = `SLIPWAY_CLUSTER_CONTEXT names your cluster "${external.context}"`;
  if (command === 'down') {
    console.log(`${owner}: it is left as it is. Unset the variable to remove the local cluster "${name}"`);
    return 0;
  }
  if (command === 'logs')
    throw new Error(`${owner}: the logs of its components are not here. Unset the variable for those of the local cluster "${name}"`);
  const tools = await findClientTools(process.env, console.log);
  const kubeconfig = await findKubeconfig(external, tools.kubectl);
  console.log(`${owner}: Kubernetes ${await pingExternal(external.context, kubeconfig, tools.kubectl)} answers, and there is nothing to start`);
  return command === 'shell' ? openShell(`context "${external.context}"`, kubeconfig, tools, external.context) : 0;
}

async function up(): Promise<number> {
  const gpus = values.gpus === undefined ? undefined : Number(values.gpus);
  if (gpus !== undefined && !(/^\d+$/.test(values.gpus ?? '') && gpus <= MOST_GPUS)) {
    throw new Error(`--gpus "${values.gpus}" is no number of devices: use 0 to ${MOST_GPUS}`);
  }
  if (values.nodes !== undefined && !/^[12]$/.test(values.nodes)) throw new Error(`--nodes "${values.nodes}" is none of 1 and 2`);
  const { layout, binaries } = await upCluster(
    {
      name,
      ...(values.nodes === undefined ? {} : { nodes: Number(values.nodes) }),
      ...(gpus === undefined ? {} : { gpus }),
      ...(values['gpu-vendor'] === undefined ? {} : { gpuVendor: values['gpu-vendor'] }),
      ...(values['gpu-product'] === undefined ? {} : { gpuProduct: values['gpu-product'] }),
      ...(values['kwok-nodes'] === undefined ? {} : { kwokNodes: Number(values['kwok-nodes']) }),
      ...(values['kwok-gpus'] === undefined ? {} : { kwokGpus: Number(values['kwok-gpus']) }),
      ...(values['kwok-only'] === undefined ? {} : { kwokOnly: values['kwok-only'] }),
    },
    new Phases(),
  );
  console.log(
    `\nCluster "${name}" is ready:\n  ${binaries.kubectl} --kubeconfig ${layout.kubeconfig} get nodes\n  npm run cluster:shell -- --name ${name}`,
  );
  return 0;
}

async function status(layout: Layout): Promise<number> {
  const { healthy, lines } = await clusterStatus(layout);
  console.log(lines.join('\n'));
  return healthy ? 0 : 1;
}

function known(): Layout {
  const layout = findLayout(name);
  if (layout === undefined) throw new Error(`There is no cluster "${name}": make it with npm run cluster:up -- --name ${name}`);
  return layout;
}

function help(): number {
  console.log(USAGE);
  return 0;
}

function parseCommand([word, ...more]: readonly string[]): Command {
  const command = COMMANDS.find((one) => one === word);
  const surplus = command === 'logs' ? more[1] : more[0];
  if (command !== undefined && surplus === undefined) return command;
  explain(command === undefined ? `"${word ?? ''}" is no command` : `cluster:${command} does not take "${surplus}"`);
}

function parseOrExplain() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        name: { type: 'string', default: 'dev' },
        nodes: { type: 'string' },
        gpus: { type: 'string' },
        'gpu-vendor': { type: 'string' },
        'gpu-product': { type: 'string' },
        'kwok-nodes': { type: 'string' },
        'kwok-gpus': { type: 'string' },
        'kwok-only': { type: 'boolean' },
        follow: { type: 'boolean', short: 'f', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    return explain(error instanceof Error ? error.message : String(error));
  }
}

function explain(problem: string): never {
  console.error(`${problem}\n${USAGE}`);
  process.exit(2);
}
