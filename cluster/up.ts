/** `cluster:up`: from whatever state the cluster is in to a Ready node. Safe to repeat and to interrupt. */
import type { Phases } from '../hack/phases.js';
import { type Binaries, ensureBinaries, ensureKwok, type KwokBinaries, type Note } from './binaries.js';
import { makeCgroups, raiseWeight, removeCgroups } from './cgroups.js';
import { chooseGpus, type GpuState, type GpuWish, gpuLabels, readGpuState, writeGpuState } from './gpus.js';
import { chooseKwok, type KwokState, type KwokWish, kwokFiles, readKwokState, writeKwokState } from './kwok.js';
import { ensureKwokNodes } from './kwok-nodes.js';
import { type Layout, nameProblem } from './layout.js';
import { withLock } from './lock.js';
import { execMortal } from './mortal.js';
import { ensureNetwork, isInNetwork } from './network.js';
import { ensurePackages } from './packages.js';
import { ensurePauseImage, pauseImage } from './pause-image.js';
import { ensureKubeconfig, isPrepared, plannedFiles, prepare, snapshotterOf } from './prepare.js';
import { ensureLayout, stateDirOf } from './record.js';
import { rotateLogs } from './show-logs.js';
import { describeExited, healSupervisor, readSupervisor, startSupervisor } from './supervisor.js';
import { supervisorPlan } from './supervisor-plan.js';
import type { SupervisorState } from './supervisor-state.js';
import { waitReady } from './wait-ready.js';

export interface UpOptions extends GpuWish, KwokWish {
  readonly name: string;
}

export async function upCluster(options: UpOptions, phases: Phases): Promise<{ readonly layout: Layout; readonly binaries: Binaries }> {
  const problem = nameProblem(options.name);
  if (problem !== undefined) throw new Error(problem);
  chooseGpus(readGpuStateOf(options.name), options); // refuses what cannot be before minutes of building
  const kwok = chooseKwok(readKwokState(`${stateDirOf(options.name)}/kwok.json`), options);
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
  await bringUp(layout, parts, note);
  if (!kwok.alone) await ensurePauseImage(layout, binaries);
  await waitReady(layout, binaries, { gpus, alone: kwok.alone }, note);
  if (!kwok.alone) await labelNode(layout, binaries, gpus);
  await ensureKwokNodes(layout, binaries, kwok, note);
  return layout;
}

/** A running supervisor with today's files is kept and healed; anything else is ended first and started anew with its state. */
async function bringUp(layout: Layout, { binaries, kwok, kwokBinaries }: Parts, note: Note): Promise<void> {
  const cgroups = makeCgroups(layout);
  const plan = supervisorPlan(layout, binaries, kwokBinaries === undefined ? { cgroups } : { cgroups, kwok: { ...kwok, ...kwokBinaries } });
  const images = { pauseImage: pauseImage(binaries), snapshotter: snapshotterOf(layout) };
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
