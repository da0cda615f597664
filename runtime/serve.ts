/** `slipway serve`: builds the inference process from its parts and lives until it is told to stop, or a model dies. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import process from 'node:process';
import { FLAGS } from '../contract/commands.js';
import type { Statusz } from '../contract/statusz.js';
import { TERMINATION_CODES, type Termination } from '../contract/termination.js';
import { SYSTEM_CLOCK } from '../lib/clock.js';
import { toError } from '../lib/errors.js';
import { HttpServer } from '../lib/http-server.js';
import { isLogLevel, type Logger, newLogger, type RootLogger } from '../lib/logger.js';
import { collectGarbage } from './backend/memory-return.js';
import { OnnxBackend } from './backend/onnx-backend.js';
import { ByteBudget } from './core/byte-budget.js';
import { computeInFlightBytes } from './core/limits.js';
import { LoadError } from './core/load-error.js';
import { computeThreads } from './core/threads.js';
import { AdminPlane } from './dataplane/admin-plane.js';
import { Dataplane } from './dataplane/dataplane.js';
import { LogSettings } from './dataplane/log-settings.js';
import type { Model, SessionEvent } from './dataplane/ports.js';
import { SharedMemory } from './dataplane/shared-memory.js';
import { exitAtOnce } from './exit-at-once.js';
import { type Grants, readGrants } from './grants.js';
import { GrpcServer } from './grpc/server.js';
import { GrpcMetrics } from './grpc-metrics.js';
import { readTlsFiles, type TlsFiles, type TlsMaterial, TlsWatch } from './http2/tls-files.js';
import type { TransportLimits } from './http2/transport-limits.js';
import { tuneCollector } from './http2/v8-settings.js';
import { IdleWatch, LOOK_MS } from './idle-watch.js';
import { newRuntimeRegistry } from './metrics.js';
import { LocalModelStore } from './model/local-model-store.js';
import type { HostResources } from './model/plan-load.js';
import { Repository } from './model/repository.js';
import { observeRepository, type RepositoryWatcher } from './model/repository-watcher.js';
import { flushSpans, newLoadMonitor, newLoadReader, newWatching, openTracer, watchSpans } from './observability.js';
import { newProbesHandler } from './probes/probes.js';
import { newRestHandler } from './rest/rest.js';
import { type ConnectionFlags, parseServeFlags, SERVE_USAGE, type ServeConfig } from './serve-flags.js';
import { ServerLife } from './server-life.js';
import { writeTermination } from './termination-log.js';
import type { OtlpTracer } from './tracing/otlp-tracer.js';
import { readTracingConfig, type TracingConfig } from './tracing/tracing-config.js';
import { addMachineMetrics, addTritonMetrics } from './triton-metrics.js';
import { readOwnVersion } from './version.js';
import { newWatcher } from './watch-models.js';

/** How soon a certificate that was changed is used. */
const TLS_POLL_MS = 10_000;

/** Resolves with the exit code. `env` is the composition root's. */
export async function runServe(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (argv.includes('--help')) {
    console.log(SERVE_USAGE);
    return 0;
  }
  tuneCollector();
  const config = parseServeFlags(argv, env['KUBERNETES_SERVICE_HOST'] !== undefined, readConfigFile);
  if (typeof config === 'string') return refuse(`${config}\n${SERVE_USAGE}`, config);
  const tracing = readTracing(config.otlpEndpoint, env);
  if (typeof tracing === 'string') return refuse(tracing);
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
  const backend = new OnnxBackend();
  const store = new LocalModelStore({
    backend,
    repository,
    monotonicSeconds,
    canBeMended: config.watch || config.admin,
    allowsInlineModels: config.allowInlineModels,
    onWarning: (model, reason) => log.warn('Ignored setting', { model, reason }),
    onNote: ({ name, version }, note) => log.warn('Noted at load', { model: name, version, note }),
    onDropped: ({ name, version }, count) => log.warn('Dropped sequences', { model: name, version, count }),
    onSession: (model, event) => logSession(log, model, event),
  });
  const watcher = known === undefined ? {} : { watcher: newWatcher({ repository, store, known, log }) };
  const code = await serve(config, store, { log, tracing, ...watcher });
  if (backend.hungThreads > 0) exitAtOnce(code); // an exit that waits for threads would wait for ever
  return code;
}

function logSession(log: Logger, { name, version }: Model, event: SessionEvent): void {
  const facts = { model: name, version };
  if (event.kind === 'Restarted') log.info('Restarted session', facts);
  else log.warn('Lost session', { ...facts, reason: event.reason, restartMs: event.restartMs });
}

function readConfigFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`--config "${path}" cannot be read: ${toError(cause).message}`, { cause });
  }
}

function readTracing(endpoint: string | undefined, env: NodeJS.ProcessEnv): TracingConfig | undefined | string {
  try {
    return readTracingConfig(endpoint, env);
  } catch (error) {
    return toError(error).message;
  }
}

interface Surroundings {
  readonly log: RootLogger;
  readonly tracing: TracingConfig | undefined;
  readonly watcher?: RepositoryWatcher;
}

async function serve(config: ServeConfig, store: LocalModelStore, { log, tracing, watcher }: Surroundings): Promise<number> {
  const grants = readGrants();
  const threads = computeThreads(grants.cores, grants.cpus);
  const tracer = await openTracer(tracing, readOwnVersion(), log);
  const parts = wire(config, store, { threads, grants, log, tracing, tracer });
  const { drainDelaySeconds, drainTimeoutSeconds } = config;
  const life = new ServerLife({ ...parts, store, log, drainDelaySeconds, drainTimeoutSeconds, flush: () => flushSpans(tracer) });
  try {
    const host = resolveHost(config.host);
    const grpcPort = await listen(parts.grpc, FLAGS.grpcPort, host, config.grpcPort);
    const restPort = await listen(parts.rest, FLAGS.restPort, host, config.restPort);
    const metricsPort = await listen(parts.probes, FLAGS.metricsPort, host, config.metricsPort);
    const adminPort = parts.admin === undefined ? undefined : await listen(parts.admin.grpc, '--admin-port', host, config.adminPort ?? 0);
    log.info('Listened', { host, grpcPort, restPort, metricsPort, ...(adminPort === undefined ? {} : { adminPort }), threads });
    await life.start(describeHost(config, grants));
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

function describeHost({ accelerator, sessionMode, hangSeconds }: ServeConfig, { cpus, memoryBytes }: Grants): HostResources {
  return {
    cpus,
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(accelerator === undefined ? {} : { accelerator }),
    ...(sessionMode === undefined ? {} : { sessionMode }),
    ...(hangSeconds === undefined ? {} : { hangSeconds }),
  };
}

interface Parts {
  readonly grpc: GrpcServer;
  readonly rest: HttpServer;
  readonly probes: HttpServer;
  /** Present when administrators have a port of their own: gRPC and HTTP on one. */
  readonly admin?: { readonly grpc: GrpcServer; readonly rest: HttpServer };
}

interface Means {
  readonly threads: number;
  readonly grants: Grants;
  readonly log: RootLogger;
  readonly tracing: TracingConfig | undefined;
  readonly tracer: OtlpTracer | undefined;
}

function wire(config: ServeConfig, store: LocalModelStore, { threads, grants, log, tracing, tracer }: Means): Parts {
  const version = readOwnVersion();
  const onUnknown = (error: unknown): void => log.error('Request failed', { error: toError(error) });
  const sharedMemory = new SharedMemory();
  const { settings, requests } = newWatching({ isAccessLog: config.accessLog, hasAdmin: config.admin, tracing, tracer, log, monotonicSeconds });
  const admin =
    config.admin && settings !== undefined ? new AdminPlane({ store, sharedMemory, trace: settings, log: new LogSettings(log) }) : undefined;
  const dataplane = new Dataplane({ store, serverVersion: version, monotonicSeconds, ...(config.admin ? { sharedMemory } : {}) });
  const readReports = () => dataplane.statistics('', '');
  const registry = newRuntimeRegistry(readReports);
  addTritonMetrics(registry, readReports);
  const monitor = newLoadMonitor(grants, readReports);
  addMachineMetrics(registry, monitor);
  watchSpans(registry, tracer);
  const readLoad = newLoadReader(monitor, dataplane);
  const budget = new ByteBudget(computeInFlightBytes(grants.memoryBytes));
  const trailers = config.loadReport ? { readLoad } : {};
  const common = {
    observer: new GrpcMetrics(registry),
    budget,
    requests,
    limits: toTransportLimits(config.connections),
    ...trailers,
    ...(config.tls === undefined ? {} : { tls: config.tls }),
  };
  const isShared = admin !== undefined && config.adminPort === undefined;
  const everybody = isShared ? { admin } : {};
  const grpc = new GrpcServer(dataplane, onUnknown, { ...common, ...everybody });
  const statusz = (): Statusz => ({ version, onnxruntime: store.backend.version, threads, instances: 1, models: store.statusz() });
  const renderMetrics = async () => ({ contentType: registry.contentType, body: await registry.metrics() });
  const probes = newProbesHandler({ readiness: () => dataplane.readiness(), statusz, metrics: renderMetrics });
  const newRest = (what: string, options: { admin?: AdminPlane }, tls?: TlsMaterial): HttpServer =>
    new HttpServer(what, newRestHandler({ dataplane, onUnknown, budget, requests, readLoad, ...options }), onUnknown, tls);
  const material = config.tls === undefined ? undefined : readTlsFiles(config.tls);
  const parts = { grpc, rest: newRest('REST', everybody, material), probes: new HttpServer('metrics and probes', probes, onUnknown) };
  if (config.tls !== undefined && material !== undefined) followCertificates(config.tls, material, { rest: parts.rest, log });
  store.onChange(() => grpc.updateHealth());
  watchIdle(budget, grpc);
  if (admin === undefined || isShared) return parts;
  const rest = newRest('administration', { admin });
  const adminGrpc = new GrpcServer(dataplane, onUnknown, { ...common, admin, onHttp1: (socket) => rest.accept(socket) });
  return { ...parts, admin: { grpc: adminGrpc, rest } };
}

/** Sessions in threads of their own do the same for themselves. */
function watchIdle(budget: ByteBudget, grpc: GrpcServer): void {
  const watch = new IdleWatch({
    readWork: () => budget.total,
    isBusy: () => budget.used > 0,
    readResidentBytes: () => process.memoryUsage.rss(),
    giveBack: (isThorough) => {
      grpc.giveBack();
      collectGarbage(isThorough);
    },
  });
  setInterval(() => watch.look(), LOOK_MS).unref();
}

function toTransportLimits(flags: ConnectionFlags): Partial<TransportLimits> {
  const { maxAgeSeconds, maxAgeGraceSeconds, maxIdleSeconds, keepaliveTimeSeconds, keepaliveTimeoutSeconds } = flags;
  return {
    ...(maxAgeSeconds === undefined ? {} : { connectionAgeMs: maxAgeSeconds * 1000 }),
    ...(maxAgeGraceSeconds === undefined ? {} : { connectionAgeGraceMs: maxAgeGraceSeconds * 1000 }),
    ...(maxIdleSeconds === undefined ? {} : { connectionIdleMs: maxIdleSeconds * 1000 }),
    ...(keepaliveTimeSeconds === undefined ? {} : { keepaliveMs: keepaliveTimeSeconds * 1000 }),
    ...(keepaliveTimeoutSeconds === undefined ? {} : { keepaliveTimeoutMs: keepaliveTimeoutSeconds * 1000 }),
  };
}

/** gRPC's port follows its own. */
function followCertificates(files: TlsFiles, material: TlsMaterial, { rest, log }: { rest: HttpServer; log: Logger }): void {
  const watch = new TlsWatch(files, material);
  const poll = (): void => {
    try {
      const changed = watch.poll();
      if (changed !== undefined) rest.setTls(changed);
    } catch (error) {
      log.warn('Kept certificate', { error });
    }
  };
  setInterval(poll, TLS_POLL_MS).unref();
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
  return performance.now() / 1000;
}
