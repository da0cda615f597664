/** The operator as a process: environment → configuration → operator. Nobody else reads the environment. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import process from 'node:process';
import { FIELD_MANAGER } from '../contract/labels.js';
import { STEADY_CLOCK, SYSTEM_CLOCK } from '../lib/clock.js';
import { toError } from '../lib/errors.js';
import { inClusterAccess, kubeconfigAccess } from '../lib/kube/cluster-access.js';
import { KubeClient } from '../lib/kube/kube-client.js';
import { KubeTransport } from '../lib/kube/transport.js';
import { describeError, type Logger, newLogger } from '../lib/logger.js';
import { CRD_NAME, CRD_SCHEMA_HASH, CRD_SCHEMA_REVISION } from './api/zz_generated.modeldeployment.js';
import { assembleOperator } from './assemble.js';
import { ConfigError, type OperatorConfig, parseConfig } from './config.js';
import { checkServedCrd } from './kube/crd-check.js';
import { StatuszProbe } from './kube/statusz-probe.js';
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
  const transport = new KubeTransport(access, { userAgent: FIELD_MANAGER, onAnswer: (...answer) => metrics.countRequest(...answer) });
  const crd = { name: CRD_NAME, revision: CRD_SCHEMA_REVISION, hash: CRD_SCHEMA_HASH, chart: CHART };
  await checkServedCrd(new KubeClient(transport), crd);
  const operator = assembleOperator({
    ...{ config, transport, metrics, log },
    namespace: config.namespace ?? access.namespace,
    // of the process: a container that restarts in its pod is another candidate
    identity: `${config.instance}_${randomUUID()}`,
    probe: new StatuszProbe(),
    ports: { probes: config.probesPort, metrics: config.metricsPort, debug: config.debugPort },
    time: { wall: SYSTEM_CLOCK, steady: STEADY_CLOCK, random: Math.random },
  });
  return (await operator.run(signal)) === 'Stopped' ? EXIT.stopped : EXIT.failed;
}
