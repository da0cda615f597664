/** The pod that asks the source for the digest: runs once, leaves its answer in the termination message. */
import { COMMANDS, FLAGS } from '../../contract/commands.js';
import { ANNOTATIONS, LABELS } from '../../contract/labels.js';
import { CONTAINERS } from '../../contract/paths.js';
import type { CompleteSpec } from '../api/defaults.js';
import { KINDS } from '../api/kinds.js';
import type { KubeObject } from '../ports.js';
import type { RenderConfig } from './config.js';
import { computeResolverHash } from './identity.js';
import { COMPONENTS, type ModelIdentity, renderObject } from './metadata.js';
import { secureContainer, securePodSpec, sourceEnv, sourceFlags, sourceMounts, sourceVolumes } from './pod-parts.js';

export interface ResolverInput {
  readonly model: ModelIdentity;
  readonly spec: CompleteSpec;
  readonly config: RenderConfig;
  /** Number in the pod's name: larger than that of any resolver pod that is there. */
  readonly serial: number;
  readonly generation: number;
  /** Which attempt for this generation, from 1. */
  readonly attempt: number;
}

/** A resolver asks for a few kilobytes. One that hangs longer has met something that an attempt later may not meet. */
const DEADLINE_SECONDS = 600;

/** Small and bounded, so that quotas that want limits admit it. */
const RESOURCES = { requests: { cpu: '50m', memory: '96Mi' }, limits: { cpu: '1', memory: '256Mi' } } as const;

export function resolverName(model: ModelIdentity, hash: string, serial: number): string {
  return `${model.name}-resolve-${hash}-${serial}`;
}

export function renderResolverPod({ model, spec, config, serial, generation, attempt }: ResolverInput): KubeObject {
  const hash = computeResolverHash(spec, config);
  const volumes = sourceVolumes(spec, config);
  const mounts = sourceMounts(spec, config);
  const container = {
    name: CONTAINERS.resolve,
    image: config.runtimeImage,
    args: [
      ...[COMMANDS.resolve, FLAGS.uri, spec.model.uri],
      ...(spec.model.digest === undefined ? [] : [FLAGS.digest, spec.model.digest]),
      ...(spec.model.allowUnpinned ? [FLAGS.allowUnpinned] : []),
      ...sourceFlags(spec, config),
    ],
    env: sourceEnv(spec, config),
    resources: RESOURCES,
    ...(mounts.length === 0 ? {} : { volumeMounts: mounts }),
    ...secureContainer(),
  };
  const annotations = { [ANNOTATIONS.sourceHash]: hash, [ANNOTATIONS.generation]: String(generation), [ANNOTATIONS.attempt]: String(attempt) };
  return renderObject(
    KINDS.pod,
    model,
    { name: resolverName(model, hash, serial), labels: { [LABELS.component]: COMPONENTS.resolve }, annotations },
    {
      spec: {
        ...securePodSpec(config),
        restartPolicy: 'Never',
        activeDeadlineSeconds: DEADLINE_SECONDS,
        terminationGracePeriodSeconds: 5,
        containers: [container],
        ...(volumes.length === 0 ? {} : { volumes }),
      },
    },
  );
}
