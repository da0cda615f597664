/** Parts that resolver and serving pods share. Every pod passes the Pod Security level "restricted" and runs as any UID. */
import { FLAGS } from '../../contract/commands.js';
import { PATHS } from '../../contract/paths.js';
import type { CompleteSpec } from '../api/defaults.js';
import { hubEndpointFor, type RenderConfig } from './config.js';
import { SERVICE_ACCOUNT } from './metadata.js';

type Part = Readonly<Record<string, unknown>>;

const CA_FILE = `${PATHS.caBundle}/ca.crt`;

/** Fields of a pod spec that are the same for all. */
export function securePodSpec(config: RenderConfig): Part {
  return {
    serviceAccountName: SERVICE_ACCOUNT,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    ...(config.imagePullSecrets.length === 0 ? {} : { imagePullSecrets: config.imagePullSecrets.map((name) => ({ name })) }),
  };
}

/** Fields of a container that are the same for all: the message that it leaves is JSON in a file, never its log. */
export function secureContainer(): Part {
  return {
    terminationMessagePath: PATHS.terminationLog,
    terminationMessagePolicy: 'File',
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  };
}

/** Flags of resolve and fetch that say how the source is spoken to. */
export function sourceFlags(spec: CompleteSpec, config: RenderConfig): string[] {
  return [
    ...(spec.model.secretName === undefined ? [] : [FLAGS.credentials, PATHS.credentials]),
    ...(config.caConfigMap === undefined ? [] : [FLAGS.caBundle, CA_FILE]),
    ...(config.plainHttpHosts.length === 0 ? [] : [FLAGS.plainHttp, config.plainHttpHosts.join(',')]),
  ];
}

export function sourceVolumes(spec: CompleteSpec, config: RenderConfig): Part[] {
  return [
    ...(spec.model.secretName === undefined ? [] : [{ name: 'credentials', secret: { secretName: spec.model.secretName } }]),
    ...(config.caConfigMap === undefined ? [] : [{ name: 'ca-bundle', configMap: { name: config.caConfigMap } }]),
  ];
}

export function sourceMounts(spec: CompleteSpec, config: RenderConfig): Part[] {
  return [
    ...(spec.model.secretName === undefined ? [] : [{ name: 'credentials', mountPath: PATHS.credentials, readOnly: true }]),
    ...(config.caConfigMap === undefined ? [] : [{ name: 'ca-bundle', mountPath: PATHS.caBundle, readOnly: true }]),
  ];
}

/** Proxies and another hub; telemetry off in whatever runs from the image; no device for what only speaks to the network. */
export function sourceEnv(spec: CompleteSpec, config: RenderConfig): Part[] {
  const hub = hubEndpointFor(spec, config);
  return [
    ...[TELEMETRY_OFF, NO_DEVICE],
    ...(hub === undefined ? [] : [{ name: 'HF_ENDPOINT', value: hub }]),
    ...Object.entries(config.proxy).map(([name, value]) => ({ name, value })),
  ];
}

export const TELEMETRY_OFF = { name: 'ORT_DISABLE_TELEMETRY', value: '1' } as const;

/** A container that asks for no NVIDIA device would see them all where the NVIDIA runtime is the node's default. */
export const NO_DEVICE = { name: 'NVIDIA_VISIBLE_DEVICES', value: 'void' } as const;
