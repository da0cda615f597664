/** Flags of `serve` → one checked record. */
import { parseArgs } from 'node:util';
import { FLAGS } from '../contract/commands.js';
import { PORTS } from '../contract/ports.js';
import type { Accelerator } from './dataplane/ports.js';

export interface ServeConfig {
  readonly path: string;
  readonly modelName?: string;
  readonly modelVersion?: string;
  readonly host: string;
  readonly grpcPort: number;
  readonly restPort: number;
  readonly metricsPort: number;
  readonly accelerator?: Accelerator;
  readonly drainDelaySeconds: number;
  readonly drainTimeoutSeconds: number;
}

export const SERVE_USAGE = `Usage: slipway serve <model.onnx | folder with name/version/model.onnx> [flags]
  --model-name NAME        name for a file (default: its file name); for a folder, serve this model alone
  --model-version N        version for a file (default 1); for a folder, serve this version alone
  --grpc-port PORT         Open Inference Protocol over gRPC and grpc.health.v1 (default ${PORTS.grpc}; 0 picks one)
  --rest-port PORT         the same protocol over HTTP: inference, health, metadata, config, statistics (default ${PORTS.rest}; 0 picks one)
  --metrics-port PORT      /metrics, /livez, /readyz, /statusz (default ${PORTS.metrics}; 0 picks one)
  --host ADDRESS           address to listen on (default: every address in Kubernetes, else 127.0.0.1)
  --accelerator VENDOR     nvidia, amd or intel; refused when this installation cannot use it (default: CPU)
  --drain-delay SECONDS    time between not ready and the end of new calls (default: 10 in Kubernetes, else 0)
  --drain-timeout SECONDS  time for calls in flight to end after that (default 30)`;

const ACCELERATORS: readonly Accelerator[] = ['nvidia', 'amd', 'intel'];

/** The configuration, or a sentence that says which flag is wrong and what it takes. */
export function parseServeFlags(argv: readonly string[], inCluster: boolean): ServeConfig | string {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, strict: true, options: OPTIONS });
    const [path, ...others] = positionals;
    if (path === undefined) return 'serve needs the path of a model';
    if (others.length > 0) return `serve takes one path, but got ${positionals.length}: ${positionals.join(' ')}`;
    return {
      path,
      ...(values['model-name'] === undefined ? {} : { modelName: values['model-name'] }),
      ...(values['model-version'] === undefined ? {} : { modelVersion: values['model-version'] }),
      ...(values.accelerator === undefined ? {} : { accelerator: parseAccelerator(values.accelerator) }),
      host: values.host ?? (inCluster ? '::' : '127.0.0.1'),
      grpcPort: parsePort(FLAGS.grpcPort, values['grpc-port'], PORTS.grpc),
      restPort: parsePort(FLAGS.restPort, values['rest-port'], PORTS.rest),
      metricsPort: parsePort(FLAGS.metricsPort, values['metrics-port'], PORTS.metrics),
      drainDelaySeconds: parseSeconds(FLAGS.drainDelay, values['drain-delay'], inCluster ? 10 : 0),
      drainTimeoutSeconds: parseSeconds(FLAGS.drainTimeout, values['drain-timeout'], 30),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const OPTIONS = {
  'model-name': { type: 'string' },
  'model-version': { type: 'string' },
  'grpc-port': { type: 'string' },
  'rest-port': { type: 'string' },
  'metrics-port': { type: 'string' },
  host: { type: 'string' },
  accelerator: { type: 'string' },
  'drain-delay': { type: 'string' },
  'drain-timeout': { type: 'string' },
} as const;

function parsePort(flag: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const port = Number(text);
  if (!/^[0-9]+$/.test(text) || port > 65535) throw new Error(`${flag} "${text}" is not a port: give a number from 0 to 65535`);
  return port;
}

function parseSeconds(flag: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const seconds = Number(text);
  if (text.trim() === '' || !Number.isFinite(seconds) || seconds < 0 || seconds > 86400)
    throw new Error(`${flag} "${text}" is not a time: give seconds from 0 to 86400`);
  return seconds;
}

function parseAccelerator(text: string): Accelerator {
  const known = ACCELERATORS.find((accelerator) => accelerator === text);
  if (known === undefined) throw new Error(`${FLAGS.accelerator} "${text}" is not known: give ${ACCELERATORS.join(', ')}`);
  return known;
}
