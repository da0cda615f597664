/** `cluster:up`: from whatever state the cluster is in to a Ready node. Safe to repeat and to interrupt. */
import type { Phases } from '../hack/phases.js';
import { type Binaries, ensureBinaries, type Note } from './binaries.js';
import { makeCgroups, removeCgroups } from './cgroups.js';
import type { ImageSettings } from './configs.js';
import { chooseGpus, type GpuState, type GpuWish, gpuLabels, readGpuState, writeGpuState } from './gpus.js';
import { type Layout, nameProblem, secondNodeOf } from './layout.js';
import { withLock } from './lock.js';
import { execMortal } from './mortal.js';
import { ensureNetwork, isInNetwork } from './network.js';
import { ensurePackages } from './packages.js';
import { ensurePauseImage, pauseImage } from './pause-image.js';
import { ensureKubeconfig, isPrepared, plannedFiles, prepare, snapshotterOf } from './prepare.js';
import { ensureLayout, stateDirOf } from './record.js';
import { bringUpSecond, chooseNodes, hasSecondNode, MOST_NODES, removeSecond } from './second-node.js';
import { rotateLogs } from './show-logs.js';
import { describeExited, healSupervisor, readSupervisor, startSupervisor } from './supervisor.js';
import { supervisorPlan } from './supervisor-plan.js';
import type { SupervisorState } from './supervisor-state.js';
import { waitNode, waitReady } from './wait-ready.js';

export interface UpOptions extends GpuWish {
  readonly name: string;
  /** 1 or 2; absent: as many as there are. GPUs are on the first. */
  readonly nodes?: number;
}

export async function upCluster(options: UpOptions, phases: Phases): Promise<{ readonly layout: Layout; readonly binaries: Binaries }> {
  const problem = nameProblem(options.name);
  if (problem !== undefined) throw new Error(problem);
  if (options.nodes !== undefined && ![1, MOST_NODES].includes(options.nodes))
    throw new Error(`--nodes "${options.nodes}" is none of 1 and ${MOST_NODES}`);
  chooseGpus(readGpuStateOf(options.name), options); // refuses what cannot be before minutes of building
  await phases.run('Debian packages', ensurePackages);
  const binaries = await phases.run('Kubernetes, containerd, CoreDNS and Helm from source', ensureBinaries);
  const layout = await phases.run(`local cluster "${options.name}"`, (note) =>
    withLock(stateDirOf(options.name), note, () => start(options, binaries, note)),
  );
  return { layout, binaries };
}

async function start(options: UpOptions, binaries: Binaries, note: Note): Promise<Layout> {
  const layout = await ensureLayout(options.name);
  const gpus = chooseGpus(readGpuState(layout.gpuStateFile), options);
  writeGpuState(layout.gpuStateFile, gpus);
  const images = { pauseImage: pauseImage(binaries), snapshotter: snapshotterOf(layout) };
  await bringUp(layout, { binaries, images, note });
  const hasTwo = chooseNodes(layout, options.nodes) > 1;
  if (hasTwo) await bringUpSecond({ first: layout, binaries, images, note });
  await ensurePauseImage(layout, binaries);
  await waitReady(layout, binaries, gpus, note);
  if (hasTwo) await waitNode(layout, secondNodeOf(layout), binaries, note);
  else if (hasSecondNode(layout)) await removeSecond(layout, binaries, note);
  await labelNode(layout, binaries, gpus);
  return layout;
}

interface Parts {
  readonly binaries: Binaries;
  readonly images: ImageSettings;
  readonly note: Note;
}

/** A running supervisor with today's files is kept and healed; anything else is ended first and started anew with its state. */
async function bringUp(layout: Layout, { binaries, images, note }: Parts): Promise<void> {
  const files = plannedFiles(layout, supervisorPlan(layout, binaries, makeCgroups(layout)), images);
  const running = readSupervisor(layout);
  if (running !== undefined && isInNetwork(layout, running.pid) && isPrepared(layout, files)) {
    await ensureNetwork(layout);
    ensureKubeconfig(layout);
    return heal(layout, running, note);
  }
  if (running !== undefined) note('its settings or programs changed: starting it anew');
  await removeCgroups(layout); // before a file changes: a killed `up` must not leave new files beside old processes
  makeCgroups(layout);
  await prepare(layout, binaries, files);
  ensureKubeconfig(layout);
  await ensureNetwork(layout);
  rotateLogs(layout);
  await startSupervisor(layout, binaries.nodebox);
}

async function heal(layout: Layout, running: SupervisorState, note: Note): Promise<void> {
  const exited = describeExited(running);
  if (exited.length === 0) return note('is running already');
  for (const line of exited) note(line);
  note('starting again what has ended');
  await healSupervisor(layout, running);
}

function readGpuStateOf(name: string): GpuState | undefined {
  return readGpuState(`${stateDirOf(name)}/gpus.json`);
}

async function labelNode(layout: Layout, binaries: Binaries, gpus: GpuState): Promise<void> {
  await execMortal(binaries.kubectl, [
    '--kubeconfig',
    layout.kubeconfig,
    '--request-timeout=10s',
    'label',
    '--overwrite',
    'node',
    layout.id,
    ...gpuLabels(gpus),
  ]);
}
