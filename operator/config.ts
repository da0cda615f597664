/** The operator's environment, as the chart writes it, becomes typed here. What is wrong is said in one line with the fix. */

import { OPERATOR_PORTS } from '../contract/ports.js';
import { isLogLevel, LOG_LEVELS, type LogLevel } from '../lib/logger.js';
import type { RenderConfig } from './render/config.js';

export interface OperatorConfig {
  /** Name of this replica: of the pod, or of the host outside of one. */
  readonly instance: string;
  /** Namespace of the Lease. Absent outside of a pod: that of the kubeconfig's context. */
  readonly namespace: string | undefined;
  readonly logLevel: LogLevel;
  readonly leaderElection: boolean;
  readonly metricsPort: number;
  readonly probesPort: number;
  /** On the loopback address. Absent: not served. */
  readonly debugPort?: number | undefined;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  readonly render: RenderConfig;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that cannot be used; the message names variable, value and fix. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const HOST = /^[A-Za-z0-9.-]+(:[0-9]{1,5})?$|^\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?$/;

/** Throws ConfigError. `hostname` names the replica where no pod does. */
export function parseConfig(env: Environment, hostname: string): OperatorConfig {
  const caConfigMap = optional(env, 'SLIPWAY_CA_CONFIGMAP');
  return {
    instance: optional(env, 'SLIPWAY_POD_NAME') ?? hostname,
    namespace: optional(env, 'SLIPWAY_POD_NAMESPACE'),
    logLevel: parseLevel(env),
    leaderElection: parseBoolean(env, 'SLIPWAY_LEADER_ELECTION', true),
    metricsPort: parsePort(env, 'SLIPWAY_METRICS_PORT', OPERATOR_PORTS.metrics),
    probesPort: parsePort(env, 'SLIPWAY_PROBES_PORT', OPERATOR_PORTS.probes),
    debugPort: optional(env, 'SLIPWAY_DEBUG_PORT') === undefined ? undefined : parsePort(env, 'SLIPWAY_DEBUG_PORT', 0),
    watchNamespaces: parseNamespaces(env),
    render: {
      runtimeImage: parseImage(env),
      imagePullSecrets: parseList(env, 'SLIPWAY_IMAGE_PULL_SECRETS', DNS_SUBDOMAIN, 'the name of a Secret'),
      caConfigMap: caConfigMap === undefined ? undefined : checked('SLIPWAY_CA_CONFIGMAP', caConfigMap, DNS_SUBDOMAIN, 'the name of a ConfigMap'),
      plainHttpHosts: parseList(env, 'SLIPWAY_PLAIN_HTTP_HOSTS', HOST, 'a host or host:port'),
      hubEndpoint: parseHub(env),
      proxy: parseProxies(env),
    },
  };
}

/** Each namespace costs a watch of each kind, and a connection carries a hundred. */
const MAX_WATCHED_NAMESPACES = 50;

function parseNamespaces(env: Environment): readonly string[] {
  const namespaces = parseList(env, 'SLIPWAY_WATCH_NAMESPACES', DNS_LABEL, 'a namespace');
  if (namespaces.length <= MAX_WATCHED_NAMESPACES) return namespaces;
  throw new ConfigError(
    `SLIPWAY_WATCH_NAMESPACES has ${namespaces.length} namespaces, and ${MAX_WATCHED_NAMESPACES} can be watched one by one: give none to watch all, or run an operator for each part`,
  );
}

function parseImage(env: Environment): string {
  const image = optional(env, 'SLIPWAY_RUNTIME_IMAGE');
  if (image === undefined)
    throw new ConfigError('SLIPWAY_RUNTIME_IMAGE is missing: give the image that serves models, such as ghcr.io/slipway-dev/runtime:0.1.0');
  return checked('SLIPWAY_RUNTIME_IMAGE', image, /^\S{1,512}$/, 'an image reference without spaces');
}

function parseLevel(env: Environment): LogLevel {
  const level = optional(env, 'SLIPWAY_LOG_LEVEL') ?? 'info';
  if (!isLogLevel(level)) throw new ConfigError(`SLIPWAY_LOG_LEVEL "${level}" is not known: give ${LOG_LEVELS.join(', ')}`);
  return level;
}

function parseBoolean(env: Environment, name: string, fallback: boolean): boolean {
  const text = optional(env, name);
  if (text === undefined) return fallback;
  if (text !== 'true' && text !== 'false') throw new ConfigError(`${name} "${text}" is neither true nor false: give one of them`);
  return text === 'true';
}

function parsePort(env: Environment, name: string, fallback: number): number {
  const text = optional(env, name);
  if (text === undefined) return fallback;
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port > 65535) throw new ConfigError(`${name} "${text}" is not a port: give a number from 0 to 65535`);
  return port;
}

function parseList(env: Environment, name: string, form: RegExp, what: string): readonly string[] {
  const entries = (optional(env, name) ?? '').split(',').map((entry) => entry.trim());
  return [...new Set(entries.filter((entry) => entry !== ''))].map((entry) => checked(name, entry, form, what));
}

function parseHub(env: Environment): string | undefined {
  const endpoint = optional(env, 'SLIPWAY_HUB_ENDPOINT');
  if (endpoint === undefined) return undefined;
  return checked('SLIPWAY_HUB_ENDPOINT', endpoint, /^https?:\/\/[A-Za-z0-9.:[\]-]+(\/[^\s?#@]*)?$/, 'a URL of the form https://host[:port][/path]');
}

function checked(name: string, value: string, form: RegExp, what: string): string {
  if (!form.test(value)) throw new ConfigError(`${name} has "${value}", which is not ${what}: correct it in the chart's values`);
  return value;
}

function parseProxies(env: Environment): RenderConfig['proxy'] {
  return Object.fromEntries(PROXIES.flatMap((name) => (optional(env, name) === undefined ? [] : [[name, optional(env, name)]])));
}

function optional(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}
