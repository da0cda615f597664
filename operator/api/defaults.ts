/** The CRD's defaults once more, for objects that were stored before a default existed. Tested against the YAML. */
import type { ModelDeploymentSpec, SpecAccelerator } from './zz_generated.modeldeployment.js';

export const SPEC_DEFAULTS = {
  'spec.model.version': '1',
  'spec.model.allowUnpinned': false,
  'spec.runtime.env.value': '',
  'spec.accelerator.count': 1,
  'spec.suspend': false,
} as const;

/** Replicas when the spec names none. No schema default, so that an autoscaler can tell absent from 1. */
export const DEFAULT_REPLICAS = 1;

/** A spec in which nothing is left open. */
export interface CompleteSpec {
  readonly model: {
    readonly uri: string;
    readonly digest: string | undefined;
    readonly version: string;
    readonly allowUnpinned: boolean;
    readonly secretName: string | undefined;
  };
  readonly resources: { readonly requests: Readonly<Record<string, string>>; readonly limits: Readonly<Record<string, string>> };
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly acceptedUpdate: string | undefined;
  readonly accelerator: { readonly vendor: SpecAccelerator['vendor']; readonly count: number; readonly products: readonly string[] } | undefined;
  readonly replicas: number;
  readonly suspend: boolean;
}

export function completeSpec(spec: ModelDeploymentSpec): CompleteSpec {
  const { model, runtime, accelerator } = spec;
  return {
    model: {
      uri: model.uri,
      digest: model.digest ?? digestInUri(model.uri),
      version: model.version ?? SPEC_DEFAULTS['spec.model.version'],
      allowUnpinned: model.allowUnpinned ?? SPEC_DEFAULTS['spec.model.allowUnpinned'],
      secretName: model.secretRef?.name,
    },
    resources: { requests: quantities(runtime?.resources?.requests), limits: quantities(runtime?.resources?.limits) },
    env: (runtime?.env ?? []).map(({ name, value }) => ({ name, value: value ?? SPEC_DEFAULTS['spec.runtime.env.value'] })),
    acceptedUpdate: runtime?.acceptedUpdate,
    accelerator:
      accelerator === undefined
        ? undefined
        : {
            vendor: accelerator.vendor,
            count: accelerator.count ?? SPEC_DEFAULTS['spec.accelerator.count'],
            products: accelerator.products ?? [],
          },
    replicas: spec.replicas ?? DEFAULT_REPLICAS,
    suspend: spec.suspend ?? SPEC_DEFAULTS['spec.suspend'],
  };
}

/** Pods that the spec wants now. */
export function wantedReplicas(spec: CompleteSpec): number {
  return spec.suspend ? 0 : spec.replicas;
}

function digestInUri(uri: string): string | undefined {
  return uri.startsWith('oci://') ? /@(sha256:[a-f0-9]{64})$/.exec(uri)?.[1] : undefined;
}

/** Kubernetes takes 1 and "1"; one form makes them one revision. */
function quantities(given: Readonly<Record<string, number | string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(given ?? {}).map(([key, value]) => [key, String(value)]));
}
