/** Flags of `serve`, and the file that `--config` names below them, → one checked record. */
import { parseArgs } from 'node:util';
import { PORTS } from '../contract/ports.js';
import type { MessageNode } from './config/config-node.js';
import { parseServerFile, type ServerFile } from './config/server-file.js';
import type { Accelerator, SessionMode } from './dataplane/ports.js';

export interface ServeConfig {
  readonly path: string;
  readonly modelName?: string;
  readonly modelVersion?: string;
  readonly host: string;
  readonly grpcPort: number;
  readonly restPort: number;
  readonly metricsPort: number;
  readonly accelerator?: Accelerator;
  /** Absent: chosen by measurement. */
  readonly sessionMode?: SessionMode;
  readonly hangSeconds?: number;
  /** Of gRPC's connections; what is absent is the transport's own. */
  readonly connections: ConnectionFlags;
  readonly drainDelaySeconds: number;
  readonly drainTimeoutSeconds: number;
  /** By model: what the file of `--config` says of it, in the fields of config.pbtxt. */
  readonly models: ReadonlyMap<string, MessageNode>;
  /** Changes in the folder are loaded while the server runs. */
  readonly watch: boolean;
  /** Clients may load and unload models, register shared memory, change trace and log settings. */
  readonly admin: boolean;
  /** Where they may; absent: on the ports of everybody. */
  readonly adminPort?: number;
  readonly tls?: TlsFiles;
  /** A load request may bring a model's bytes. */
  readonly allowInlineModels: boolean;
  /** Takes spans over OTLP; absent: OpenTelemetry's environment variables say, and without them there are none. */
  readonly otlpEndpoint?: string;
  /** A line in the log for each inference request. */
  readonly accessLog: boolean;
  /** Calls for inference end with a load report in their trailers. */
  readonly loadReport: boolean;
}

/** In seconds; 0 of the first and the third: never. */
export interface ConnectionFlags {
  readonly maxAgeSeconds?: number;
  readonly maxAgeGraceSeconds?: number;
  readonly maxIdleSeconds?: number;
  readonly keepaliveTimeSeconds?: number;
  readonly keepaliveTimeoutSeconds?: number;
}

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Present: clients have to show a certificate that one of these signed. */
  readonly clientCaFile?: string;
}

export const SERVE_USAGE = `Usage: slipway serve <model.onnx | folder with name/version/model.onnx> [flags]
  --config FILE            config.yaml: these flags by their names, and settings by model; a flag given here wins
  --watch                  load what changes in the folder: versions, files, config.pbtxt, models that come and go
  --model-name NAME        name for a file (default: its file name); for a folder, serve this model alone
  --model-version N        version for a file (default 1); for a folder, serve this version alone
  --grpc-port PORT         Open Inference Protocol over gRPC and grpc.health.v1 (default ${PORTS.grpc}; 0 picks one)
  --rest-port PORT         the same protocol over HTTP: inference, health, metadata, config, statistics (default ${PORTS.rest}; 0 picks one)
  --metrics-port PORT      /metrics, /livez, /readyz, /statusz (default ${PORTS.metrics}; 0 picks one)
  --host ADDRESS           address to listen on (default: every address in Kubernetes, else 127.0.0.1)
  --accelerator VENDOR     nvidia, amd or intel; refused when this installation cannot use it (default: CPU)
  --session-mode MODE      where models run: thread, inline (in the serving thread) or process (a crash of ONNX Runtime then takes
                           that process alone, which is started again); default: inline for runs of at most 0.3 ms, else thread
  --hang-seconds SECONDS   a run that makes no progress for so long loses its session, and the server ends (default 60)
  --drain-delay SECONDS    time between not ready and the end of new calls (default: 10 in Kubernetes, else 0)
  --drain-timeout SECONDS  time for calls in flight to end after that (default 30)
  --max-connection-age SECONDS        a gRPC connection older than this, 10 % more or less, is asked to close; 0: never (default 3600)
  --max-connection-age-grace SECONDS  time for the calls that it still has (default 600)
  --max-connection-idle SECONDS       a gRPC connection without calls for so long is asked to close; 0: never (default 1800)
  --keepalive-time SECONDS            a silent gRPC connection is asked for a sign of life this often (default 60)
  --keepalive-timeout SECONDS         and closed when it gives none within this time (default 20)
  --tls-cert FILE, --tls-key FILE  serve gRPC and REST over TLS, with this certificate chain and key (PEM)
  --tls-client-ca FILE     ask clients for a certificate that one of these signed (PEM)
  --admin                  let clients load and unload models (in Kubernetes with --admin-port alone)
  --admin-port PORT        let them do so on this port alone
  --otlp-endpoint URL      send spans to this collector (OTLP over HTTP: http://HOST:4318); OTEL_* variables are honoured
  --access-log             log a line for each inference request: model, code, time, sizes, ids
  --load-report            end gRPC calls for inference with an ORCA load report in their trailers
  --allow-inline-models    let a load request bring the model's bytes (never in Kubernetes: they have no digest)`;

const SESSION_MODES: readonly SessionMode[] = ['thread', 'inline', 'process'];
const ACCELERATORS: readonly Accelerator[] = ['nvidia', 'amd', 'intel'];

/** Where a value came from is part of what is said of it. */
interface Given {
  readonly text: string;
  /** `--grpc-port`, or `config.yaml: grpc-port`. */
  readonly name: string;
}

type FlagName = keyof typeof OPTIONS;
type Values = ReadonlyMap<string, Given>;

const NO_FILE: ServerFile = { flags: new Map(), models: new Map() };

/**
 * The configuration, or a sentence that says which flag is wrong and what it takes. `readFile` gives the text of the file that
 * `--config` names, and throws when there is none.
 */
export function parseServeFlags(argv: readonly string[], inCluster: boolean, readFile: (path: string) => string): ServeConfig | string {
  try {
    const { values: flags, positionals } = parseArgs({ args: [...argv], allowPositionals: true, strict: true, options: OPTIONS });
    if (positionals.length > 1) return `serve takes one path, but got ${positionals.length}: ${positionals.join(' ')}`;
    const file = flags.config === undefined ? NO_FILE : parseServerFile(readFile(flags.config), flags.config, FILE_FLAGS);
    const values = mergeValues(flags, file, flags.config ?? '');
    const path = positionals[0] ?? file.path;
    if (path === undefined) return 'serve needs the path of a model';
    const parts = { ...parseServer(values, inCluster), ...parseAdmin(values, inCluster), ...parseTls(values), ...parseWatched(values) };
    return { path, models: file.models, ...parts };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function mergeValues(flags: Readonly<Record<string, string | boolean | undefined>>, file: ServerFile, fileName: string): Values {
  const values = new Map<string, Given>([...file.flags].map(([name, text]) => [name, { text, name: `${fileName}: ${name}` }]));
  for (const [name, value] of Object.entries(flags)) if (value !== undefined) values.set(name, { text: String(value), name: `--${name}` });
  return values;
}

type ServerPart = Omit<ServeConfig, 'path' | 'models' | 'admin' | 'adminPort' | 'allowInlineModels' | 'tls' | keyof Watched>;
type Watched = Pick<ServeConfig, 'otlpEndpoint' | 'accessLog' | 'loadReport'>;

function parseServer(values: Values, inCluster: boolean): ServerPart {
  const modelName = textOf(values, 'model-name');
  const modelVersion = textOf(values, 'model-version');
  const accelerator = values.get('accelerator');
  const sessionMode = values.get('session-mode');
  const hangSeconds = parseSeconds(values.get('hang-seconds'));
  return {
    ...(modelName === undefined ? {} : { modelName }),
    ...(modelVersion === undefined ? {} : { modelVersion }),
    ...(accelerator === undefined ? {} : { accelerator: parseChoice(accelerator, ACCELERATORS) }),
    ...(sessionMode === undefined ? {} : { sessionMode: parseChoice(sessionMode, SESSION_MODES) }),
    ...(hangSeconds === undefined ? {} : { hangSeconds }),
    host: textOf(values, 'host') ?? (inCluster ? '::' : '127.0.0.1'),
    grpcPort: parsePort(values.get('grpc-port')) ?? PORTS.grpc,
    restPort: parsePort(values.get('rest-port')) ?? PORTS.rest,
    metricsPort: parsePort(values.get('metrics-port')) ?? PORTS.metrics,
    connections: parseConnections(values),
    drainDelaySeconds: parseSeconds(values.get('drain-delay')) ?? (inCluster ? 10 : 0),
    drainTimeoutSeconds: parseSeconds(values.get('drain-timeout')) ?? 30,
    watch: parseSwitch(values.get('watch')),
  };
}

function parseConnections(values: Values): ConnectionFlags {
  const maxAgeSeconds = parseSeconds(values.get('max-connection-age'));
  const maxAgeGraceSeconds = parseSeconds(values.get('max-connection-age-grace'));
  const maxIdleSeconds = parseSeconds(values.get('max-connection-idle'));
  const keepaliveTimeSeconds = parseSecondsAboveZero(values.get('keepalive-time'));
  const keepaliveTimeoutSeconds = parseSecondsAboveZero(values.get('keepalive-timeout'));
  return {
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
    ...(maxAgeGraceSeconds === undefined ? {} : { maxAgeGraceSeconds }),
    ...(maxIdleSeconds === undefined ? {} : { maxIdleSeconds }),
    ...(keepaliveTimeSeconds === undefined ? {} : { keepaliveTimeSeconds }),
    ...(keepaliveTimeoutSeconds === undefined ? {} : { keepaliveTimeoutSeconds }),
  };
}

function parseAdmin(values: Values, inCluster: boolean): Pick<ServeConfig, 'admin' | 'adminPort' | 'allowInlineModels'> {
  const adminPort = parsePort(values.get('admin-port'));
  const admin = parseSwitch(values.get('admin')) || adminPort !== undefined;
  const inline = values.get('allow-inline-models');
  const allowInlineModels = parseSwitch(inline);
  if (admin && adminPort === undefined && inCluster)
    throw new Error(
      '--admin in Kubernetes would let every client of the model change it: give --admin-port, and let only administrators reach that port',
    );
  if (allowInlineModels && inCluster)
    throw new Error(`${inline?.name} is refused in Kubernetes: such a model would be served without its digest ever being checked`);
  if (allowInlineModels && !admin) throw new Error(`${inline?.name} needs --admin or --admin-port: without them nobody can load a model`);
  return { admin, allowInlineModels, ...(adminPort === undefined ? {} : { adminPort }) };
}

function parseWatched(values: Values): Watched {
  const endpoint = values.get('otlp-endpoint');
  const switches = { accessLog: parseSwitch(values.get('access-log')), loadReport: parseSwitch(values.get('load-report')) };
  if (endpoint === undefined) return switches;
  if (!/^https?:\/\//.test(endpoint.text) || !URL.canParse(endpoint.text))
    throw new Error(`${endpoint.name} "${endpoint.text}" is not an address: give http://HOST:4318, or https`);
  return { ...switches, otlpEndpoint: endpoint.text };
}

function parseTls(values: Values): Pick<ServeConfig, 'tls'> {
  const certFile = textOf(values, 'tls-cert');
  const keyFile = textOf(values, 'tls-key');
  const clientCaFile = textOf(values, 'tls-client-ca');
  if (certFile === undefined && keyFile === undefined && clientCaFile === undefined) return {};
  if (certFile === undefined || keyFile === undefined) throw new Error('TLS needs a certificate and its key: give --tls-cert and --tls-key');
  return { tls: { certFile, keyFile, ...(clientCaFile === undefined ? {} : { clientCaFile }) } };
}

function textOf(values: Values, name: FlagName): string | undefined {
  return values.get(name)?.text;
}

const OPTIONS = {
  config: { type: 'string' },
  watch: { type: 'boolean' },
  admin: { type: 'boolean' },
  'admin-port': { type: 'string' },
  'allow-inline-models': { type: 'boolean' },
  'otlp-endpoint': { type: 'string' },
  'access-log': { type: 'boolean' },
  'load-report': { type: 'boolean' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-client-ca': { type: 'string' },
  'model-name': { type: 'string' },
  'model-version': { type: 'string' },
  'grpc-port': { type: 'string' },
  'rest-port': { type: 'string' },
  'metrics-port': { type: 'string' },
  host: { type: 'string' },
  accelerator: { type: 'string' },
  'session-mode': { type: 'string' },
  'hang-seconds': { type: 'string' },
  'max-connection-age': { type: 'string' },
  'max-connection-age-grace': { type: 'string' },
  'max-connection-idle': { type: 'string' },
  'keepalive-time': { type: 'string' },
  'keepalive-timeout': { type: 'string' },
  'drain-delay': { type: 'string' },
  'drain-timeout': { type: 'string' },
} as const;

/** What a file may set: everything but its own place. */
const FILE_FLAGS = Object.keys(OPTIONS).filter((name) => name !== 'config');

function parsePort(given: Given | undefined): number | undefined {
  if (given === undefined) return undefined;
  const port = Number(given.text);
  if (!/^[0-9]+$/.test(given.text) || port > 65535) throw new Error(`${given.name} "${given.text}" is not a port: give a number from 0 to 65535`);
  return port;
}

function parseSeconds(given: Given | undefined): number | undefined {
  if (given === undefined) return undefined;
  const seconds = Number(given.text);
  if (given.text.trim() === '' || !Number.isFinite(seconds) || seconds < 0 || seconds > 86400)
    throw new Error(`${given.name} "${given.text}" is not a time: give seconds from 0 to 86400`);
  return seconds;
}

function parseSecondsAboveZero(given: Given | undefined): number | undefined {
  const seconds = parseSeconds(given);
  if (given !== undefined && seconds === 0) throw new Error(`${given.name} "${given.text}" would close every connection: give seconds above 0`);
  return seconds;
}

function parseSwitch(given: Given | undefined): boolean {
  if (given === undefined || given.text === 'false') return false;
  if (given.text === 'true') return true;
  throw new Error(`${given.name} is "${given.text}": give true or false`);
}

function parseChoice<Choice extends string>(given: Given, choices: readonly Choice[]): Choice {
  const known = choices.find((choice) => choice === given.text);
  if (known === undefined) throw new Error(`${given.name} "${given.text}" is not known: give ${choices.join(', ')}`);
  return known;
}
