/** `slipway serve`: builds the inference process from its parts and lives until it is told to stop, or a model dies. */
import { readFileSync } from 'node:fs';
import { availableParallelism, networkInterfaces } from 'node:os';
import process from 'node:process';
import { FLAGS } from '../contract/commands.js';
import type { Statusz } from '../contract/statusz.js';
import { TERMINATION_CODES, type Termination } from '../contract/termination.js';
import { SYSTEM_CLOCK } from '../lib/clock.js';
import { toError } from '../lib/errors.js';
import { HttpServer } from '../lib/http-server.js';
import { isLogLevel, type Logger, newLogger } from '../lib/logger.js';
import { OnnxBackend } from './backend/onnx-backend.js';
import { LoadError } from './core/load-error.js';
import { computeThreads } from './core/threads.js';
import { readCpuQuota } from './cpu-quota.js';
import { Dataplane } from './dataplane/dataplane.js';
import { GrpcServer } from './grpc/server.js';
import { newRuntimeRegistry } from './metrics.js';
import { LocalModelStore } from './model/local-model-store.js';
import { Repository } from './model/repository.js';
import { observeRepository, type RepositoryWatcher } from './model/repository-watcher.js';
import { newProbesHandler } from './probes/probes.js';
import { newRestHandler } from './rest/rest.js';
import { parseServeFlags, SERVE_USAGE, type ServeConfig } from './serve-flags.js';
import { ServerLife } from './server-life.js';
import { writeTermination } from './termination-log.js';
import { addTritonMetrics } from './triton-metrics.js';
import { readOwnVersion } from './version.js';
import { newWatcher } from './watch-models.js';

/** Resolves with the exit code. `env` is the composition root's. */
export async function runServe(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (argv.includes('--help')) {
    console.log(SERVE_USAGE);
    return 0;
  }
  const config = parseServeFlags(argv, env['KUBERNETES_SERVICE_HOST'] !== undefined, readConfigFile);
  if (typeof config === 'string') return refuse(`${config}\n${SERVE_USAGE}`, config);
  const level = env['SLIPWAY_LOG_LEVEL'] ?? 'info';
  if (!isLogLevel(level)) return refuse(`SLIPWAY_LOG_LEVEL "${level}" is not known: give debug, info, warn or error`);
  const isForPerson = process.stdout.isTTY && env['KUBERNETES_SERVICE_HOST'] === undefined;
  const log = newLogger({ name: 'runtime', level, form: isForPerson ? 'text' : 'json' });
  const repository = new Repository({
    path: config.path,
    layers: config.models,
    ...(config.modelName === undefined ? {} : { name: config.modelName }),
    ...(config.modelVersion === undefined ? {} : { version: config.modelVersion }),
  });
  const problem = repository.findProblem();
  if (problem !== undefined) return end(log, { code: 'MODEL_INVALID', stage: 'load', message: problem });
  const known = config.watch ? await observeRepository(repository) : undefined; // before the store reads it: no change falls between
  const store = new LocalModelStore({
    backend: new OnnxBackend(),
    repository,
    monotonicSeconds,
    canBeMended: config.watch || config.admin,
    allowsInlineModels: config.allowInlineModels,
    onWarning: (model, reason) => log.warn('Ignored setting', { model, reason }),
  });
  return await serve(config, store, log, known === undefined ? undefined : newWatcher({ repository, store, known, log }));
}

function readConfigFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`--config "${path}" cannot be read: ${toError(cause).message}`, { cause });
  }
}

async function serve(config: ServeConfig, store: LocalModelStore, log: Logger, watcher?: RepositoryWatcher): Promise<number> {
  const threads = computeThreads(availableParallelism(), readCpuQuota());
  const parts = wire(store, threads, log);
  const life = new ServerLife({ ...parts, store, log, drainDelaySeconds: config.drainDelaySeconds, drainTimeoutSeconds: config.drainTimeoutSeconds });
  try {
    const host = resolveHost(config.host);
    const grpcPort = await listen(parts.grpc, FLAGS.grpcPort, host, config.grpcPort);
    const restPort = await listen(parts.rest, FLAGS.restPort, host, config.restPort);
    const metricsPort = await listen(parts.probes, FLAGS.metricsPort, host, config.metricsPort);
    log.info('Listened', { host, grpcPort, restPort, metricsPort, threads });
    const options = config.accelerator === undefined ? { threads } : { threads, accelerator: config.accelerator };
    await life.start(options);
    const stopped = new AbortController();
    const watching = watcher?.run(SYSTEM_CLOCK, stopped.signal);
    await life.ended().finally(() => stopped.abort());
    await watching;
    return 0;
  } catch (error) {
    const cause = toError(error);
    const load = cause instanceof LoadError ? cause : undefined;
    await life.abort();
    return end(log, { code: load?.code ?? 'INTERNAL', stage: load?.stage ?? 'serve', message: cause.message.replace(/\s+/g, ' ') });
  }
}

function wire(store: LocalModelStore, threads: number, log: Logger): { grpc: GrpcServer; rest: HttpServer; probes: HttpServer } {
  const version = readOwnVersion();
  const onUnknown = (error: unknown): void => log.error('Request failed', { error: toError(error) });
  const dataplane = new Dataplane({ store, serverVersion: version, monotonicSeconds });
  const readReports = () => dataplane.statistics('', '');
  const registry = newRuntimeRegistry(readReports);
  addTritonMetrics(registry, readReports);
  const grpc = new GrpcServer(dataplane, onUnknown);
  store.onChange(() => grpc.updateHealth());
  const statusz = (): Statusz => ({ version, onnxruntime: store.backend.version, threads, instances: 1, models: store.statusz() });
  const renderMetrics = async () => ({ contentType: registry.contentType, body: await registry.metrics() });
  const probes = newProbesHandler({ readiness: () => dataplane.readiness(), statusz, metrics: renderMetrics });
  return {
    grpc,
    rest: new HttpServer('REST', newRestHandler({ dataplane, onUnknown }), onUnknown),
    probes: new HttpServer('metrics and probes', probes, onUnknown),
  };
}

async function listen(server: GrpcServer | HttpServer, flag: string, host: string, port: number): Promise<number> {
  try {
    return await server.listen(host, port);
  } catch (cause) {
    if (!toError(cause).message.includes('EADDRINUSE')) throw cause;
    throw new Error(`Port ${port} of ${host} is in use already: give another one with ${flag}, or 0 for any that is free`, { cause });
  }
}

/** Every address means IPv6 and IPv4 together, where the kernel has IPv6. */
function resolveHost(host: string): string {
  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some((address) => address.family === 'IPv6'));
  return host === '::' && !hasIpv6 ? '0.0.0.0' : host;
}

function refuse(text: string, message = text): number {
  console.error(text);
  writeTermination({ code: 'USAGE', stage: 'serve', message });
  return TERMINATION_CODES.USAGE.exit;
}

function end(log: Logger, termination: Termination): number {
  log.error('Ended', { code: termination.code, stage: termination.stage, reason: termination.message });
  writeTermination(termination);
  return TERMINATION_CODES[termination.code].exit;
}

function monotonicSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}
