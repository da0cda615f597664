/** `cluster:up`: from whatever state the cluster is in to a Ready node. Safe to repeat and to interrupt. */
import { join } from 'node:path';
import { exec } from '../hack/exec.js';
import type { Phases } from '../hack/phases.js';
import { type Binaries, ensureBinaries, type Note } from './binaries.js';
import { makeCgroups, removeCgroups } from './cgroups.js';
import { type GpuState, newGpuState, readGpuState, writeGpuState } from './gpus.js';
import { type Layout, nameProblem } from './layout.js';
import { withLock } from './lock.js';
import { ensureNetwork } from './network.js';
import { ensurePackages } from './packages.js';
import { ensurePauseImage } from './pause-image.js';
import { prepare } from './prepare.js';
import { ensureLayout } from './record.js';
import { describeExited, healSupervisor, readSupervisor, startSupervisor } from './supervisor.js';
import { supervisorPlan } from './supervisor-plan.js';
import { waitReady } from './wait-ready.js';

export interface UpOptions {
  readonly name: string;
  /** Undefined keeps what the cluster has; a new one has none. */
  readonly gpus?: number;
  readonly gpuVendor?: string;
  readonly gpuProduct?: string;
}

export async function upCluster(options: UpOptions, phases: Phases): Promise<{ readonly layout: Layout; readonly binaries: Binaries }> {
  const problem = nameProblem(options.name);
  if (problem !== undefined) throw new Error(problem);
  await phases.run('Debian packages', ensurePackages);
  const binaries = await phases.run('Kubernetes, containerd, CoreDNS and Helm from source', ensureBinaries);
  const layout = await phases.run(`local cluster "${options.name}"`, (note) =>
    withLock(join('.slipway', 'locks', `${options.name}.lock`), note, () => start(options, binaries, note)),
  );
  return { layout, binaries };
}

async function start(options: UpOptions, binaries: Binaries, note: Note): Promise<Layout> {
  const layout = await ensureLayout(options.name);
  const gpus = chooseGpus(layout, options);
  await bringUp(layout, binaries, note);
  await ensurePauseImage(layout, binaries);
  await waitReady(layout, binaries, gpus, note);
  await labelNode(layout, binaries, gpus, options.gpuProduct ?? 'NVIDIA-L4');
  return layout;
}

/** A running supervisor with today's plan is kept and healed; anything else is ended first and started anew with its state. */
async function bringUp(layout: Layout, binaries: Binaries, note: Note): Promise<void> {
  const running = readSupervisor(layout);
  const plan = supervisorPlan(layout, binaries, makeCgroups(layout));
  const changed = await prepare(layout, binaries, plan);
  if (running !== undefined && !changed) {
    const exited = describeExited(running);
    if (exited.length === 0) return note('is running already');
    for (const line of exited) note(line);
    note('starting again what has ended');
    healSupervisor(running);
    return waitHealed(layout);
  }
  await removeCgroups(layout);
  makeCgroups(layout);
  await ensureNetwork(layout);
  await startSupervisor(layout, binaries.nodebox);
}

/** Until the supervisor has written that nothing is "exited" any more: before that, old exits would be read as new ones. */
async function waitHealed(layout: Layout): Promise<void> {
  for (const until = Date.now() + 5000; Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const state = readSupervisor(layout);
    if (state !== undefined && describeExited(state).length === 0) return;
  }
}

function chooseGpus(layout: Layout, options: UpOptions): GpuState {
  const known = readGpuState(layout.gpuStateFile);
  const vendor = options.gpuVendor ?? 'nvidia';
  if (known !== undefined && (options.gpus === undefined || known.devices.length === options.gpus)) return known;
  const state = newGpuState(vendor, options.gpus ?? 0);
  writeGpuState(layout.gpuStateFile, state);
  return state;
}

async function labelNode(layout: Layout, binaries: Binaries, gpus: GpuState, product: string): Promise<void> {
  const vendor = gpus.resource.split('.')[0];
  const labels = gpus.resource === '' ? ['nvidia.com/gpu.product-', 'nvidia.com/gpu.count-'] : [`${vendor}.com/gpu.product=${product}`, `${vendor}.com/gpu.count=${gpus.devices.length}`];
  await exec(binaries.kubectl, ['--kubeconfig', layout.kubeconfig, 'label', '--overwrite', 'node', layout.id, ...labels]);
}
