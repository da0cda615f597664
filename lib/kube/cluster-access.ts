/**
 * Where a cluster is and how to be let in. In a pod: the service account's files, read again as the kubelet rotates them.
 * Elsewhere: a kubeconfig, read by client-node, which knows exec plugins, OIDC and client certificates. client-node is loaded
 * only then: it costs 90 MB, and a pod needs none of it.
 */
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';

/** What a connection to the API server is made with. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface Credentials {
  readonly tls: TlsMaterial;
  /** Such as Authorization; sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ClusterAccess {
  readonly server: string;
  /** Namespace of the pod or of the kubeconfig's context. */
  readonly namespace: string;
  /** Reads the credentials anew. */
  credentials(): Promise<Credentials>;
}

const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Undefined outside a pod. */
export async function inClusterAccess(
  env: Readonly<Record<string, string | undefined>>,
  folder = SERVICE_ACCOUNT_FOLDER,
): Promise<ClusterAccess | undefined> {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  if (host === undefined || host === '' || port === undefined) return undefined;
  const read = async (file: string) => (await readFile(join(folder, file), 'utf8')).trim();
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    namespace: await read('namespace'),
    credentials: async () => {
      const [ca, token] = await Promise.all([read('ca.crt'), read('token')]);
      return { tls: { ca }, headers: { authorization: `Bearer ${token}` } };
    },
  };
}

export interface KubeconfigOptions {
  /** Absent: what kubectl would read. */
  readonly file?: string;
  /** Absent: the current one. */
  readonly context?: string;
}

export async function kubeconfigAccess(options: KubeconfigOptions = {}): Promise<ClusterAccess> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (options.file === undefined) config.loadFromDefault();
  else config.loadFromFile(options.file);
  const where = options.file ?? 'the kubeconfig';
  if (options.context !== undefined) {
    if (config.getContextObject(options.context) === null) {
      const known = config.getContexts().map(({ name }) => name);
      throw new Error(`There is no context "${options.context}" in ${where}: it has ${known.join(', ') || 'none'}`);
    }
    config.setCurrentContext(options.context);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`Context "${config.getCurrentContext()}" of ${where} names no cluster: set current-context to one that does`);
  if (cluster.proxyUrl !== undefined) {
    throw new Error(
      `Cluster "${cluster.name}" of ${where} has proxy-url ${cluster.proxyUrl}, which Slipway does not use: give it a server that it can reach`,
    );
  }
  return {
    server: cluster.server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    credentials: () => credentialsOf(config),
  };
}

async function credentialsOf(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { servername, rejectUnauthorized } = options;
  const [ca, cert, key] = [options.ca, options.cert, options.key].map(toPem);
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  const basic = typeof options.auth === 'string' ? { authorization: `Basic ${Buffer.from(options.auth).toString('base64')}` } : {};
  return {
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(servername === undefined ? {} : { servername }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    },
    headers: { ...Object.fromEntries(headers), ...basic },
  };
}

function toPem(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : undefined;
}
