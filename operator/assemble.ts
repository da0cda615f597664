/**
 * The whole operator from its parts, over whatever transport, time and chance it is given: of a process in `main.ts`, of memory and
 * virtual time in the crash sweep. Both run this, so what the sweep proves holds of what is deployed.
 */
import { FIELD_MANAGER } from '../contract/labels.js';
import type { Statusz } from '../contract/statusz.js';
import type { Clock } from '../lib/clock.js';
import { KubeClient } from '../lib/kube/kube-client.js';
import type { KubeTransport } from '../lib/kube/transport.js';
import type { Logger } from '../lib/logger.js';
import { KINDS, type KindName } from './api/kinds.js';
import type { OperatorConfig } from './config.js';
import { registerModelMetrics } from './controller/metrics.js';
import { ModelDeploymentController } from './controller/reconcile.js';
import { mapAccount, mapModelToAccount, ServiceAccountController } from './controller/service-account.js';
import { LABEL_SELECTORS, mapToModels, WATCHED_KINDS } from './controller/watches.js';
import { KubeEventRecorder } from './kube/event-recorder.js';
import { Informer } from './kube/informer.js';
import { LeaseLock } from './kube/lease-lock.js';
import { OwnWrites } from './kube/own-writes.js';
import { OwnWritesSource } from './kube/own-writes-source.js';
import { ShowingWriter } from './kube/showing-writer.js';
import { trimmerOf } from './kube/trim.js';
import { KubeWriter } from './kube/writer.js';
import { LeaderElection } from './manager/leader-election.js';
import { Manager, type ManagerOptions, type ManagerOutcome } from './manager/manager.js';
import type { ManagerMetrics } from './manager/metrics.js';
import { newWriteFence } from './manager/write-fence.js';
import type { ModelProbe, ResourceKind } from './ports.js';

/** A pass that writes waits for the API server most of its time; one that does not takes a tenth of a millisecond. */
const MODEL_WORKERS = 10;

export interface OperatorParts {
  readonly config: OperatorConfig;
  readonly transport: KubeTransport;
  readonly metrics: ManagerMetrics;
  readonly log: Logger;
  /** Of the Lease. */
  readonly namespace: string;
  /** Unique to this candidate. */
  readonly identity: string;
  readonly probe: ModelProbe<Statusz>;
  /** Absent: neither probes nor metrics are served. */
  readonly ports: ManagerOptions['ports'];
  readonly time: OperatorTime;
}

export interface OperatorTime {
  /** Time of day. */
  readonly wall: Clock;
  /** For durations. */
  readonly steady: Clock;
  readonly random: () => number;
}

export interface Operator {
  /** Until the signal aborts or leadership is lost. Rejects only when it cannot listen. */
  run(signal: AbortSignal): Promise<ManagerOutcome>;
}

export function assembleOperator(parts: OperatorParts): Operator {
  const { config, transport, metrics, log, time } = parts;
  const client = new KubeClient(transport);
  const election = config.leaderElection ? newElection(parts, client) : undefined;
  const fenced = election === undefined ? client : new KubeClient(transport, newWriteFence(election));
  const recorder = new KubeEventRecorder({ client: fenced, instance: config.instance, logger: log, clock: time.wall });
  const manager = new Manager({ logger: log, metrics, election, ports: parts.ports, clock: time.steady, finish: () => recorder.flush() });
  const informers = newInformers(parts);
  registerModelMetrics(metrics.registry, informers.modelDeployment);
  const caches = mapKinds((kind) => {
    const onListenerError = (): void => metrics.countListenerError(KINDS[kind].kind);
    return new OwnWrites({ cache: informers[kind], clock: time.steady, transform: trimmerOf(kind), onListenerError });
  });
  const sources = mapKinds((kind) => new OwnWritesSource(informers[kind], caches[kind]));
  const cacheOf = (resource: ResourceKind): OwnWrites | undefined => {
    const kind = WATCHED_KINDS.find((name) => KINDS[name].plural === resource.plural);
    return kind === undefined ? undefined : caches[kind];
  };
  const writer = new ShowingWriter(new KubeWriter(fenced, (resource, key) => cacheOf(resource)?.get(key)), cacheOf);
  const reconciler = new ModelDeploymentController({
    caches,
    writer,
    recorder,
    probe: parts.probe,
    clock: time.wall,
    config: config.render,
    log,
  });
  const watches = WATCHED_KINDS.map((kind) => ({ source: sources[kind], mapToKeys: mapToModels(kind) }));
  manager.addController({ name: 'modeldeployment', reconciler, watches, queue: { random: time.random }, workers: MODEL_WORKERS });
  const { modelDeployment: models } = informers;
  manager.addController({
    name: 'serviceaccount',
    reconciler: new ServiceAccountController({ models, accounts: caches.serviceAccount, writer, census: client }),
    watches: [
      { source: sources.modelDeployment, mapToKeys: mapModelToAccount(models) },
      { source: sources.serviceAccount, mapToKeys: mapAccount },
    ],
    queue: { random: time.random },
    workers: 1,
  });
  return { run: (signal) => manager.run(signal) };
}

function newElection({ namespace, identity, metrics, log, time }: OperatorParts, client: KubeClient): LeaderElection {
  return new LeaderElection({
    lock: new LeaseLock(client, { namespace, name: FIELD_MANAGER }),
    identity,
    logger: log,
    clock: time.steady,
    wallClock: time.wall,
    random: time.random,
    onLeading: (isLeading) => metrics.setLeading(isLeading),
  });
}

function newInformers({ config, transport, metrics, log, time }: OperatorParts): Readonly<Record<KindName, Informer>> {
  return mapKinds((kind) => {
    const resource = KINDS[kind];
    metrics.addKind(resource.kind);
    return new Informer({
      transport,
      resource,
      namespaces: config.watchNamespaces,
      labelSelector: LABEL_SELECTORS[kind],
      transform: trimmerOf(kind),
      logger: log,
      clock: time.steady,
      random: time.random,
      onRelist: () => metrics.countRelist(resource.kind),
      onListenerError: () => metrics.countListenerError(resource.kind),
    });
  });
}

function mapKinds<Value>(make: (kind: KindName) => Value): Readonly<Record<KindName, Value>> {
  return {
    modelDeployment: make('modelDeployment'),
    deployment: make('deployment'),
    controllerRevision: make('controllerRevision'),
    pod: make('pod'),
    service: make('service'),
    serviceAccount: make('serviceAccount'),
    podDisruptionBudget: make('podDisruptionBudget'),
  };
}
