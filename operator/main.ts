/** Composition root of the operator: environment → configuration → adapters → manager. Nobody else reads the environment. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import process from 'node:process';
import { FIELD_MANAGER } from '../contract/labels.js';
import { SYSTEM_CLOCK } from '../lib/clock.js';
import { toError } from '../lib/errors.js';
import { type ClusterAccess, inClusterAccess, kubeconfigAccess } from '../lib/kube/cluster-access.js';
import { KubeClient } from '../lib/kube/kube-client.js';
import { KubeTransport } from '../lib/kube/transport.js';
import { describeError, type Logger, newLogger } from '../lib/logger.js';
import { KINDS, type KindName } from './api/kinds.js';
import { CRD_NAME, CRD_SCHEMA_HASH, CRD_SCHEMA_REVISION } from './api/zz_generated.modeldeployment.js';
import { ConfigError, type OperatorConfig, parseConfig } from './config.js';
import { registerModelMetrics } from './controller/metrics.js';
import { ModelDeploymentController } from './controller/reconcile.js';
import { LABEL_SELECTORS, mapToModels, WATCHED_KINDS } from './controller/watches.js';
import { checkServedCrd } from './kube/crd-check.js';
import { KubeEventRecorder } from './kube/event-recorder.js';
import { Informer } from './kube/informer.js';
import { LeaseLock } from './kube/lease-lock.js';
import { StatuszProbe } from './kube/statusz-probe.js';
import { KubeWriter } from './kube/writer.js';
import { FencedWriter } from './manager/fenced-writer.js';
import { LeaderElection } from './manager/leader-election.js';
import { Manager } from './manager/manager.js';
import { ManagerMetrics } from './manager/metrics.js';

/** The chart as it lies in the repository, for the command that mends an old CRD. */
const CHART = 'charts/slipway';
const EXIT = { stopped: 0, failed: 1, badConfig: 2 } as const;

process.exit(await main());

async function main(): Promise<number> {
  let log = newLogger({ name: FIELD_MANAGER });
  try {
    const config = parseConfig(process.env, hostname());
    log = newLogger({ name: FIELD_MANAGER, level: config.logLevel });
    return await run(config, log, stopSignal(log));
  } catch (thrown) {
    if (thrown instanceof ConfigError) {
      console.error(thrown.message);
      return EXIT.badConfig;
    }
    log.error('Ended', { error: describeError(toError(thrown)) });
    return EXIT.failed;
  }
}

/** Aborts at the first signal. A second one ends the process at once. */
function stopSignal(log: Logger): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(EXIT.failed);
      log.info('Was asked to stop', { signal });
      stop.abort();
    });
  }
  return stop.signal;
}

async function run(config: OperatorConfig, log: Logger, signal: AbortSignal): Promise<number> {
  const access = (await inClusterAccess(process.env)) ?? (await kubeconfigAccess());
  const metrics = new ManagerMetrics();
  const transport = new KubeTransport(access, { userAgent: FIELD_MANAGER, onAnswer: (method, code) => metrics.countRequest(method, code) });
  const client = new KubeClient(transport);
  await checkServedCrd(client, { name: CRD_NAME, revision: CRD_SCHEMA_REVISION, hash: CRD_SCHEMA_HASH, chart: CHART });
  const election = config.leaderElection ? newElection({ config, access, client, metrics, log }) : undefined;
  const ports = { probes: config.probesPort, metrics: config.metricsPort };
  const manager = new Manager({ logger: log, metrics, election, ports });
  const informers = newInformers(config, { transport, metrics, log });
  registerModelMetrics(metrics.registry, informers.modelDeployment);
  const recorder = new KubeEventRecorder({ client, instance: config.instance, logger: log });
  const writer = new KubeWriter(client);
  const reconciler = new ModelDeploymentController({
    caches: informers,
    writer: election === undefined ? writer : new FencedWriter(writer, () => election.isLeading()),
    recorder,
    probe: new StatuszProbe(),
    clock: SYSTEM_CLOCK,
    config: config.render,
    log,
  });
  const watches = WATCHED_KINDS.map((kind) => ({ source: informers[kind], mapToKeys: mapToModels(kind, informers.modelDeployment) }));
  manager.addController({ name: 'modeldeployment', reconciler, watches });
  const outcome = await manager.run(signal);
  await recorder.flush();
  return outcome === 'Stopped' ? EXIT.stopped : EXIT.failed;
}

interface ElectionParts {
  readonly config: OperatorConfig;
  readonly access: ClusterAccess;
  readonly client: KubeClient;
  readonly metrics: ManagerMetrics;
  readonly log: Logger;
}

/** The identity is of the process: a container that restarts in its pod is another candidate. */
function newElection({ config, access, client, metrics, log }: ElectionParts): LeaderElection {
  return new LeaderElection({
    lock: new LeaseLock(client, { namespace: config.namespace ?? access.namespace, name: FIELD_MANAGER }),
    identity: `${config.instance}_${randomUUID()}`,
    logger: log,
    onLeading: (isLeading) => metrics.setLeading(isLeading),
  });
}

interface WatchParts {
  readonly transport: KubeTransport;
  readonly metrics: ManagerMetrics;
  readonly log: Logger;
}

function newInformers(config: OperatorConfig, { transport, metrics, log }: WatchParts): Readonly<Record<KindName, Informer>> {
  const informer = (kind: KindName): Informer => {
    const resource = KINDS[kind];
    metrics.addKind(resource.kind);
    return new Informer({
      transport,
      resource,
      namespaces: config.watchNamespaces,
      labelSelector: LABEL_SELECTORS[kind],
      logger: log,
      onRelist: () => metrics.countRelist(resource.kind),
      onListenerError: () => metrics.countListenerError(resource.kind),
    });
  };
  return {
    modelDeployment: informer('modelDeployment'),
    deployment: informer('deployment'),
    controllerRevision: informer('controllerRevision'),
    pod: informer('pod'),
    service: informer('service'),
    serviceAccount: informer('serviceAccount'),
    podDisruptionBudget: informer('podDisruptionBudget'),
  };
}
