/** The pod that serves: the init container fetches and verifies, the runtime loads what lies there and answers. */
import { COMMANDS, FLAGS } from '../../contract/commands.js';
import { ANNOTATIONS, LABELS } from '../../contract/labels.js';
import { CONTAINERS, HTTP_PATHS, PATHS } from '../../contract/paths.js';
import { PORT_NAMES, PORTS } from '../../contract/ports.js';
import type { CompleteSpec } from '../api/defaults.js';
import { deviceLimits, deviceScheduling } from './accelerator.js';
import type { RenderConfig } from './config.js';
import { APP_NAME, type ModelIdentity, podSelector } from './metadata.js';
import { NO_DEVICE, secureContainer, securePodSpec, sourceEnv, sourceFlags, sourceMounts, sourceVolumes, TELEMETRY_OFF } from './pod-parts.js';

type Part = Readonly<Record<string, unknown>>;

/** After SIGTERM: still serve while endpoints forget the pod, then finish what is in flight, then close. */
export const DRAIN = { delaySeconds: 10, timeoutSeconds: 30, closeSeconds: 5 } as const;

/** Asked for when the spec asks for nothing: enough for a small model, little enough to fit anywhere. No limits. */
export const DEFAULT_REQUESTS = { cpu: '250m', memory: '512Mi' } as const;

export interface TemplateInput {
  readonly model: ModelIdentity;
  readonly spec: CompleteSpec;
  readonly digest: string;
  /** Where the source has a name for the digest's bytes that never moves. */
  readonly sourceRevision: string | undefined;
  readonly revision: string;
  readonly config: RenderConfig;
}

export function renderServingTemplate(input: TemplateInput): Part {
  const { model, spec, digest, revision, config } = input;
  return {
    metadata: {
      labels: { [LABELS.name]: APP_NAME, ...podSelector(model, revision) },
      annotations: { [ANNOTATIONS.digest]: digest, 'kubectl.kubernetes.io/default-container': CONTAINERS.runtime },
    },
    spec: {
      ...securePodSpec(config),
      terminationGracePeriodSeconds: DRAIN.delaySeconds + DRAIN.timeoutSeconds + DRAIN.closeSeconds,
      ...deviceScheduling(spec.accelerator),
      initContainers: [renderFetch(input)],
      containers: [renderRuntime(input)],
      // no sizeLimit: nobody knows the model's size before it is fetched, and ephemeral-storage limits of the spec bound it where wanted
      volumes: [{ name: 'models', emptyDir: {} }, ...sourceVolumes(spec, config)],
    },
  };
}

function renderFetch({ model, spec, digest, sourceRevision, config }: TemplateInput): Part {
  const dest = `${PATHS.models}/${model.name}/${spec.model.version}`;
  return {
    name: CONTAINERS.fetch,
    image: config.runtimeImage,
    args: [
      ...[COMMANDS.fetch, FLAGS.uri, spec.model.uri, FLAGS.digest, digest],
      ...(sourceRevision === undefined ? [] : [FLAGS.sourceRevision, sourceRevision]),
      ...[FLAGS.dest, dest, ...sourceFlags(spec, config)],
    ],
    env: sourceEnv(spec, config),
    // the same as the runtime's: a pod counts the larger of the two, and a quota that wants limits finds them on both
    resources: renderResources(spec, {}),
    volumeMounts: [{ name: 'models', mountPath: PATHS.models }, ...sourceMounts(spec, config)],
    ...secureContainer(),
  };
}

function renderRuntime({ model, spec, config }: TemplateInput): Part {
  const { version } = spec.model;
  const port = (name: keyof typeof PORTS): Part => ({ name: PORT_NAMES[name], containerPort: PORTS[name], protocol: 'TCP' });
  return {
    name: CONTAINERS.runtime,
    image: config.runtimeImage,
    args: [
      ...[COMMANDS.serve, PATHS.models, FLAGS.modelName, model.name, FLAGS.modelVersion, version],
      ...[FLAGS.drainDelay, String(DRAIN.delaySeconds), FLAGS.drainTimeout, String(DRAIN.timeoutSeconds)],
      ...(spec.accelerator === undefined ? [] : [FLAGS.accelerator, spec.accelerator.vendor]),
    ],
    env: [...spec.env.map(renderEnv), TELEMETRY_OFF, ...(spec.accelerator?.vendor === 'nvidia' ? [] : [NO_DEVICE])],
    ports: [port('grpc'), port('rest'), port('metrics')],
    resources: renderResources(spec, deviceLimits(spec.accelerator)),
    volumeMounts: [{ name: 'models', mountPath: PATHS.models, readOnly: true }],
    ...renderProbes(),
    ...secureContainer(),
  };
}

/** The API server leaves empty values out; so does the manifest, or the two would never agree. */
function renderEnv({ name, value }: { readonly name: string; readonly value: string }): Part {
  return value === '' ? { name } : { name, value };
}

/** The process answers /livez from its first second, however long a model loads: a slow load is never killed, a hung process is. */
function renderProbes(): Part {
  const get = (path: string): Part => ({ httpGet: { path, port: PORT_NAMES.metrics, scheme: 'HTTP' }, timeoutSeconds: 5 });
  return {
    startupProbe: { ...get(HTTP_PATHS.live), periodSeconds: 1, failureThreshold: 300 },
    livenessProbe: { ...get(HTTP_PATHS.live), periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...get(HTTP_PATHS.ready), periodSeconds: 2, failureThreshold: 3 },
  };
}

function renderResources(spec: CompleteSpec, devices: Readonly<Record<string, string>>): Part {
  const { requests, limits } = spec.resources;
  const defaults = Object.entries(DEFAULT_REQUESTS).filter(([key]) => requests[key] === undefined && limits[key] === undefined);
  const allLimits = { ...limits, ...devices };
  return {
    requests: { ...Object.fromEntries(defaults), ...requests },
    ...(Object.keys(allLimits).length === 0 ? {} : { limits: allLimits }),
  };
}
