/**
 * Everything at once in virtual time: an API server in memory, a simulated Kubernetes, whole operators as processes, and a user.
 * The same seed gives the same world, to the byte and to the millisecond.
 */
import type { Statusz } from '../../contract/statusz.js';
import type { Termination } from '../../contract/termination.js';
import { SILENT_LOGGER } from '../../lib/logger.js';
import { KINDS } from '../../operator/api/kinds.js';
import type { ModelDeploymentSpec } from '../../operator/api/zz_generated.modeldeployment.js';
import type { KubeObject, ObjectKey, ResourceKind } from '../../operator/ports.js';
import { DIGEST_A, DIGEST_B } from '../builders/model-deployment.js';
import { makeOperatorConfig } from '../builders/operator-config.js';
import { REPORT } from '../builders/report.js';
import { type PodFate, SimulatedKubernetes } from '../builders/simulated-kubernetes.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { FakeProbe } from '../fakes/fake-probe.js';
import type { Exchange, Fault } from '../fakes/memory-api/exchange.js';
import { MemoryApi } from '../fakes/memory-api/memory-api.js';
import { Chance } from '../wire/chance.js';
import { OperatorBox } from './operator-box.js';

export const NAMESPACE = 'shop';
export const OPERATOR_NAMESPACE = 'slipway-system';
const DIGEST_C = `sha256:${'c'.repeat(64)}`;
/** One move of kubelet, scheduler and deployment controller takes so long. */
const STEP_MS = 500;
/** What the kubelet takes to start a container of the operator anew. */
const RESTART_MS = 2000;

export class SweepWorld {
  readonly clock = new FakeClock('2026-01-01T01:00:00Z');
  readonly api: MemoryApi;
  readonly chance: Chance;
  /** Of what faults choose: at each place something else, though all else of the world be the same. */
  dice: Chance;
  readonly boxes: OperatorBox[] = [];
  readonly sources = new Map<string, Termination>();
  readonly fates = new Map<string, PodFate>();
  /** What a node or a kubelet does to all pods now: to each what one could do to it. */
  podWeather: PodFate | undefined;
  /** Why no pod can be made now. */
  refusal: string | undefined;
  /** Asked of every exchange of an operator, before the API server sees it. */
  onExchange: (exchange: Exchange) => Fault = () => ({ kind: 'Pass' });
  /** How old the reads of a new process are, and for how long. */
  staleStart: { readonly lagMs: number; readonly forMs: number } | undefined;
  /** Changes of objects, Lease and Events apart. */
  changes = 0;
  lastChangeMs = 0;
  readonly #kubernetes: SimulatedKubernetes;
  readonly #probe = new FakeProbe<Statusz>();
  /** What happens later: when, and what. */
  readonly #agenda: { readonly atMs: number; readonly act: () => void }[] = [];
  #mayMove = true;
  readonly #weather: {
    readonly untilMs: number;
    readonly isMeant: (exchange: Exchange) => boolean;
    readonly fault: (exchange: Exchange) => Fault;
  }[] = [];

  constructor(seed: number) {
    this.chance = new Chance(seed);
    this.dice = new Chance(seed);
    this.api = new MemoryApi(this.clock);
    this.#probe.set('10.0.0.1', REPORT);
    this.api.faults = (exchange) => this.#faultOf(exchange);
    this.api.subscribe(({ resource }) => {
      if (resource.kind === 'Lease' || resource.kind === 'Event') return;
      this.changes++;
      this.lastChangeMs = this.clock.now();
      this.#mayMove = true;
    });
    this.#kubernetes = new SimulatedKubernetes(this.api, {
      resolve: (uri) => this.sources.get(uri) ?? { code: 'OK', stage: 'resolve', message: 'ok', digest: digestOf(uri) },
      serve: (digest) => this.#fateOf(this.fates.get(digest) ?? { kind: 'Ready' }),
      refuse: () => this.refusal,
    });
  }

  /** Another process of the operator, which knows nothing of those before it. */
  startOperator(replica = 'operator'): OperatorBox {
    const name = `${replica}-${this.boxes.filter((box) => box.name.startsWith(`${replica}-`)).length + 1}`;
    const { staleStart } = this;
    if (staleStart !== undefined) {
      this.api.setReadLag(name, staleStart.lagMs);
      this.later(staleStart.forMs, () => this.api.setReadLag(name, 0));
    }
    const dice = new Chance(this.chance.integer(2 ** 31));
    const box = new OperatorBox({
      ...{
        name,
        clock: this.clock,
        config: makeOperatorConfig('', OPERATOR_NAMESPACE),
        namespace: OPERATOR_NAMESPACE,
        probe: this.#probe,
        log: SILENT_LOGGER,
      },
      access: this.api.access(),
      connect: this.api.connect(name),
      random: () => dice.next(),
    });
    this.boxes.push(box);
    return box;
  }

  get operator(): OperatorBox {
    const box = this.boxes.findLast(({ isRunning }) => isRunning) ?? this.boxes.at(-1);
    if (box === undefined) throw new Error('No operator was started');
    return box;
  }

  /** Kills the one that runs; the kubelet starts it again. */
  crash(box = this.operator, awayMs = RESTART_MS): void {
    box.kill();
    this.later(awayMs, () => this.startOperator(replicaOf(box)));
  }

  /** For so long, what becomes of the calls that `isMeant` picks. */
  onAnyExchange(ms: number, isMeant: (exchange: Exchange) => boolean, fault: (exchange: Exchange) => Fault): void {
    this.#weather.push({ untilMs: this.clock.now() + ms, isMeant, fault });
  }

  /** At that time, counted from now. */
  later(ms: number, act: () => void): void {
    this.#agenda.push({ atMs: this.clock.now() + ms, act });
  }

  /** Time passes for everybody. */
  async run(ms: number): Promise<void> {
    for (const end = this.clock.now() + ms; this.clock.now() < end; ) await this.#step();
  }

  /** Until that is so. */
  async until(what: string, isSo: () => boolean, limitMs = 600_000): Promise<void> {
    const end = this.clock.now() + limitMs;
    while (!isSo()) {
      if (this.clock.now() >= end) throw new Error(`Waited ${limitMs} ms of virtual time in vain for ${what}`);
      await this.#step();
    }
  }

  /** Until nothing has changed for `quietMs`. */
  async rest(quietMs = 30_000, limitMs = 1_200_000): Promise<void> {
    const end = this.clock.now() + limitMs;
    let [seen, since] = [this.changes, this.clock.now()];
    while (this.clock.now() - since < quietMs || this.#agenda.length > 0) {
      if (this.clock.now() >= end) throw new Error(`The world did not come to rest in ${limitMs} ms of virtual time`);
      await this.#step();
      if (this.changes !== seen) [seen, since] = [this.changes, this.clock.now()];
    }
  }

  /** Nothing is on the agenda. */
  get isIdle(): boolean {
    return this.#agenda.length === 0;
  }

  /** Something about the cluster changed that no object tells. */
  stir(): void {
    this.#mayMove = true;
  }

  create(model: KubeObject): void {
    this.api.create(KINDS.modelDeployment, model);
  }

  edit(spec: Partial<ModelDeploymentSpec> | { readonly [field: string]: unknown }, name = 'reader'): void {
    this.api.update(KINDS.modelDeployment, { namespace: NAMESPACE, name }, { spec: { ...spec } });
  }

  remove(name = 'reader'): void {
    this.api.remove(KINDS.modelDeployment, { namespace: NAMESPACE, name });
  }

  /** Somebody deletes it, if it is still there. */
  discard(resource: ResourceKind, key: ObjectKey): void {
    if (this.api.get(resource, key) !== undefined) this.api.remove(resource, key);
  }

  key(name: string): ObjectKey {
    return { namespace: NAMESPACE, name };
  }

  /** What the source says of that uri when it is well. */
  digestOf(uri: string): string {
    return digestOf(uri);
  }

  /** All that the oracle compares: everything but news (Events) and who leads (Lease). */
  objects(): KubeObject[] {
    return Object.values(KINDS).flatMap((kind) => [...this.api.objects(kind)]);
  }

  dispose(): void {
    for (const box of this.boxes) box.kill();
  }

  /** Who would serve hangs; who does not come that far has nothing that could hang. A lost node takes all with it. */
  #fateOf(own: PodFate): PodFate {
    const { podWeather } = this;
    return podWeather !== undefined && (own.kind === 'Ready' || podWeather.kind === 'NodeLost') ? podWeather : own;
  }

  #faultOf(exchange: Exchange): Fault {
    const fault = this.onExchange(exchange);
    if (fault.kind !== 'Pass') return fault;
    const now = this.clock.now();
    return this.#weather.find(({ untilMs, isMeant }) => now < untilMs && isMeant(exchange))?.fault(exchange) ?? fault;
  }

  async #step(): Promise<void> {
    await this.clock.advance(STEP_MS);
    const now = this.clock.now();
    for (const due of this.#agenda.filter(({ atMs }) => atMs <= now)) {
      this.#agenda.splice(this.#agenda.indexOf(due), 1);
      due.act();
    }
    this.#restartWhoLost();
    if (!this.#mayMove) return;
    this.#mayMove = false;
    this.#kubernetes.step();
  }

  readonly #replaced = new Set<OperatorBox>();

  /** A process that lost its leadership ends, and the kubelet starts it again. */
  #restartWhoLost(): void {
    for (const box of this.boxes) {
      if (box.outcome !== 'LeadershipLost' || this.#replaced.has(box)) continue;
      this.#replaced.add(box);
      this.later(RESTART_MS, () => this.startOperator(replicaOf(box)));
    }
  }
}

function replicaOf({ name }: OperatorBox): string {
  return name.slice(0, name.lastIndexOf('-'));
}

/** Tag 1 is digest A, 2 is B, all else C. */
function digestOf(uri: string): string {
  if (uri.endsWith(':1')) return DIGEST_A;
  return uri.endsWith(':2') ? DIGEST_B : DIGEST_C;
}
