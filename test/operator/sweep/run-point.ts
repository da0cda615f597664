/** One journey, undisturbed or struck at a point: what the world is in the end, and what was broken on the way. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../contract/eventually.js';
import type { OperatorProcess } from '../operator-process.js';
import { armFault, writesOf } from './arm.js';
import type { Journey } from './journeys.js';
import type { Point, Reads } from './points.js';
import { findBroken } from './replay.js';
import type { SweepRig } from './rig.js';
import { describeDifference, snapshotOf } from './snapshot.js';
import { KubeUser } from './user.js';

export interface Wanted {
  readonly snapshot: Readonly<Record<string, string>>;
  /** Of the operator, from the act to rest. */
  readonly writes: number;
}

export interface PointReport {
  readonly problems: readonly string[];
  readonly kills: number;
  /** Calls that were harmed. */
  readonly hits: number;
  readonly seconds: number;
}

/**
 * Nothing of a namespace changes for this long: longer than a busy garbage collector takes, and than the operator waits before it asks
 * a pod again that could not be asked. What all points are held against must not be taken in a pause.
 */
const REST_MS = 20_000;
/** What is as it should be has to stay so for this long. */
const STAY_MS = 1500;
const PATIENCE_MS = 100_000;
const HELD_MS = 800;
const STALE_READS_MS = 1500;

export async function runUndisturbed(rig: SweepRig, journey: Journey): Promise<Wanted & { readonly problems: readonly string[] }> {
  const namespace = await rig.enter();
  const operator = rig.startOperator({ namespace, who: namespace });
  const user = new KubeUser(rig, namespace);
  await establish(user, journey);
  const before = rig.proxy.log.writesOf(namespace).length;
  await journey.act(user);
  await eventually(
    `"${journey.name}" to come to rest`,
    PATIENCE_MS,
    () => rig.recorder.lastChangeMs(namespace),
    (atMs) => {
      return user.isSeen() && Date.now() - atMs > REST_MS;
    },
  );
  const writes = rig.proxy.log.writesOf(namespace).length - before;
  const problems = findBroken(rig.recorder.history(namespace));
  const snapshot = snapshotIn(rig, namespace);
  await rig.stopOperator(operator);
  await rig.leave(namespace);
  return { snapshot, writes, problems };
}

export async function runPoint(rig: SweepRig, point: Point, journey: Journey, wanted: Wanted): Promise<PointReport> {
  const start = Date.now();
  const namespace = await rig.enter();
  const user = new KubeUser(rig, namespace);
  const crew = new Crew(rig, point, { namespace, writes: wanted.writes });
  await establish(user, journey);
  await crew.arm(await rig.proxy.currentVersion());
  await journey.act(user);
  const difference = await settle(rig, namespace, wanted);
  const problems = [...difference, ...findBroken(rig.recorder.history(namespace)), ...crew.problems()];
  await crew.dismiss();
  await rig.leave(namespace);
  return { problems: withLog(problems, crew), kills: crew.kills, hits: crew.hits, seconds: (Date.now() - start) / 1000 };
}

/** The operators of one namespace, one after the other. */
class Crew {
  kills = 0;
  #members: OperatorProcess[] = [];
  #version = '';

  constructor(
    readonly rig: SweepRig,
    readonly point: Point,
    readonly run: { readonly namespace: string; readonly writes: number },
  ) {
    this.#start();
  }

  /** From now on the point strikes. */
  async arm(version: string): Promise<void> {
    this.#version = version;
    this.#armKill();
    if (this.point.kills.length === 0) armFault(this.rig.proxy, this.point, { who: this.#who, writes: this.run.writes, isNew: false });
  }

  get hits(): number {
    return this.rig.proxy.log.records.filter(({ who, fault }) => who.startsWith(this.run.namespace) && fault !== undefined).length;
  }

  /** Who is there in the end should not have gone by itself. */
  problems(): string[] {
    const isElected = this.point.elects; // who loses its lease in an outage ends, and a pod would be started again
    return this.#current.isRunning || isElected ? [] : ['The operator ended by itself'];
  }

  get output(): string {
    return this.#current.output;
  }

  async dismiss(): Promise<void> {
    await Promise.all(this.#members.map((member) => this.rig.stopOperator(member)));
  }

  get #who(): string {
    return `${this.run.namespace}.${this.#members.length}`;
  }

  get #current(): OperatorProcess {
    const member = this.#members.at(-1);
    if (member === undefined) throw new Error('No operator was started');
    return member;
  }

  #start(): void {
    const { namespace } = this.run;
    this.#members = [
      ...this.#members,
      this.rig.startOperator({ namespace, who: `${namespace}.${this.#members.length + 1}`, elects: this.point.elects }),
    ];
  }

  #armKill(): void {
    const kill = this.point.kills[this.kills];
    if (kill === undefined) return;
    const [member, { at, when }] = [this.#current, kill];
    const fault = { kind: 'Crash', when, call: () => this.#strike(member) } as const;
    this.rig.proxy.add({ match: writesOf(this.#who), from: 1 + Math.floor(at * this.#expectedWrites()), times: 1, fault });
  }

  #strike(member: OperatorProcess): void {
    member.kill();
    this.kills++;
    this.#start();
    this.#armKill();
    const isLast = this.kills === this.point.kills.length;
    if (isLast) armFault(this.rig.proxy, this.point, { who: this.#who, writes: this.#expectedWrites(), isNew: true });
    this.#armReads(this.point.reads);
  }

  /** Of one that follows, about half is left to do. */
  #expectedWrites(): number {
    return Math.max(1, Math.floor(this.run.writes / 2 ** this.kills));
  }

  #armReads(reads: Reads): void {
    const [who, version] = [this.#who, () => this.#version];
    if (reads === 'Fresh') return;
    this.rig.proxy.add({ match: { who, verbs: ['list', 'watch'] }, fault: { kind: 'Stale', version, heldMs: HELD_MS }, times: 14 });
    if (reads === 'Stale') return;
    const isOurs = { who, verbs: ['get'] as const, notResources: ['customresourcedefinitions', 'leases'] };
    this.rig.proxy.add({ match: isOurs, fault: { kind: 'Stale', version, heldMs: 0 }, forMs: STALE_READS_MS });
  }
}

async function establish(user: KubeUser, { before }: Journey): Promise<void> {
  if (before === undefined) return;
  await user.create(before);
  await user.untilReady();
  // until the last mark is written, so that the writes to come are the journey's
  while (Date.now() - user.rig.recorder.lastChangeMs(user.namespace) < 1000) await sleep(100);
}

/** Lines about what is not as in the undisturbed run; empty once it is, and stays so. */
async function settle(rig: SweepRig, namespace: string, { snapshot }: Wanted): Promise<string[]> {
  for (const until = Date.now() + PATIENCE_MS; ; await sleep(200)) {
    const isAtRest = Date.now() - rig.recorder.lastChangeMs(namespace) > STAY_MS;
    const difference = isAtRest ? describeDifference(snapshot, snapshotIn(rig, namespace)) : ['It does not come to rest'];
    if (difference.length === 0 || Date.now() > until) return difference;
  }
}

function snapshotIn(rig: SweepRig, namespace: string): Record<string, string> {
  return snapshotOf((kind) => rig.recorder.objects(kind, namespace), namespace);
}

function withLog(problems: readonly string[], { output }: Crew): string[] {
  return problems.length === 0 ? [] : [...problems, `the operator's last words:\n${output.split('\n').slice(-15).join('\n')}`];
}
