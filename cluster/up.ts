/** `cluster:up`: from whatever state the cluster is in to a Ready node. Safe to repeat and to interrupt. */
import type { Phases } from '../hack/phases.js';
import { type Binaries, ensureBinaries, ensureKwok, type KwokBinaries, type Note } from './binaries.js';
import { makeCgroups, raiseWeight, removeCgroups } from './cgroups.js';
import type { ImageSettings } from './configs.js';
import { chooseGpus, type GpuState, type GpuWish, gpuLabels, readGpuState, writeGpuState } from './gpus.js';
import { chooseKwok, type KwokState, type KwokWish, kwokFiles, readKwokState, writeKwokState } from './kwok.js';
import { ensureKwokNodes } from './kwok-nodes.js';
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

export interface UpOptions extends GpuWish, KwokWish {
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
  const kwok = chooseKwok(readKwokState(`${stateDirOf(options.name)}/kwok.json`), options);
  if (kwok.alone && options.nodes !== undefined) throw new Error('--kwok-only leaves no real node: drop it, or --nodes');
  await phases.run('Debian packages', ensurePackages);
  const binaries = await phases.run('Kubernetes, containerd, CoreDNS and Helm from source', ensureBinaries);
  const kwokBinaries = kwok.nodes === 0 ? undefined : await phases.run('kwok from source', ensureKwok);
  const layout = await phases.run(`local cluster "${options.name}"`, (note) =>
    withLock(stateDirOf(options.name), note, () => start(options, { binaries, kwok, kwokBinaries }, note)),
  );
  return { layout, binaries };
}

interface Parts {
  readonly binaries: Binaries;
  readonly kwok: KwokState;
  readonly kwokBinaries: KwokBinaries | undefined;
}

async function start(options: UpOptions, parts: Parts, note: Note): Promise<Layout> {
  const { binaries, kwok } = parts;
  const layout = await ensureLayout(options.name);
  const gpus = chooseGpus(readGpuState(layout.gpuStateFile), options);
  writeGpuState(layout.gpuStateFile, gpus);
  writeKwokState(layout.kwokStateFile, kwok);
  const images = { pauseImage: pauseImage(binaries), snapshotter: snapshotterOf(layout) };
  await bringUp(layout, { ...parts, images }, note);
  if (kwok.alone) await waitReady(layout, binaries, { gpus, alone: true }, note);
  else await readyNodes(layout, { options, binaries, images, gpus }, note);
  await ensureKwokNodes(layout, binaries, kwok, note);
  return layout;
}

interface NodeParts {
  readonly options: UpOptions;
  readonly binaries: Binaries;
  readonly images: ImageSettings;
  readonly gpus: GpuState;
}

/** One or two nodes that run pods. */
async function readyNodes(layout: Layout, { options, binaries, images, gpus }: NodeParts, note: Note): Promise<void> {
  const hasTwo = chooseNodes(layout, options.nodes) > 1;
  if (hasTwo) await bringUpSecond({ first: layout, binaries, images, note });
  await ensurePauseImage(layout, binaries);
  await waitReady(layout, binaries, { gpus, alone: false }, note);
  if (hasTwo) await waitNode(layout, secondNodeOf(layout), binaries, note);
  else if (hasSecondNode(layout)) await removeSecond(layout, binaries, note);
  await labelNode(layout, binaries, gpus);
}

interface ClusterParts extends Parts {
  readonly images: ImageSettings;
}

/** A running supervisor with today's files is kept and healed; anything else is ended first and started anew with its state. */
async function bringUp(layout: Layout, { binaries, kwok, kwokBinaries, images }: ClusterParts, note: Note): Promise<void> {
  const cgroups = makeCgroups(layout);
  const plan = supervisorPlan(layout, binaries, kwokBinaries === undefined ? { cgroups } : { cgroups, kwok: { ...kwok, ...kwokBinaries } });
  const files = { ...plannedFiles(layout, plan, images), ...(kwokBinaries === undefined ? {} : kwokFiles()) };
  const running = readSupervisor(layout);
  if (running !== undefined && isInNetwork(layout, running.pid) && isPrepared(layout, files)) {
    await ensureNetwork(layout);
    ensureKubeconfig(layout);
    return heal(layout, running, note);
  }
  if (running !== undefined) note('its settings or programs changed: starting it anew');
  await removeCgroups(layout); // before a file changes: a killed `up` must not leave new files beside old processes
  makeCgroups(layout);
  if (kwok.nodes > 0) raiseWeight(layout, plan.components.length);
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
