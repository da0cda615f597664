/** Which names a spec leads to. Whoever computes them again from the same spec finds the same objects. */
import type { CompleteSpec } from '../api/defaults.js';
import { perObject } from '../view/per-object.js';
import { hubEndpointFor, type RenderConfig } from './config.js';
import { hash8 } from './hash.js';

/**
 * Hash of where the model comes from, as the spec says it. A digest that was once resolved for it stays: a tag that moves, or a
 * change of the chart, changes no model.
 */
export const computeSourceHash = perObject(({ model }: CompleteSpec): string =>
  hash8({ uri: model.uri, digest: model.digest, secret: model.secretName }),
);

/** Hash of all that a resolver's answer depends on: another allow-list or proxy is worth new attempts. */
export function computeResolverHash(spec: CompleteSpec, config: RenderConfig): string {
  const { caConfigMap, plainHttpHosts, proxy } = config;
  const hubEndpoint = hubEndpointFor(spec, config);
  return hash8({ source: computeSourceHash(spec), allowUnpinned: spec.model.allowUnpinned, caConfigMap, plainHttpHosts, proxy, hubEndpoint });
}

/**
 * Name of the revision: whatever changes answers, placement or how the bytes are fetched, as the user wrote it. Neither replicas
 * nor suspend, and nothing of the chart: an upgrade of the operator restarts no pod. A tag or branch counts through its digest only. An update
 * that was accepted counts; none is as if the field did not exist, so that names are those of versions without it.
 */
export function computeRevisionName(name: string, spec: CompleteSpec, digest: string): string {
  return `${name}-${revisionHashes(spec)(digest)}`;
}

const revisionHashes = perObject(({ model: { uri, version, secretName }, env, resources, accelerator, acceptedUpdate }: CompleteSpec) => {
  let last = { digest: '', hash: '' };
  return (digest: string): string => {
    if (last.digest !== digest || last.hash === '') {
      last = { digest, hash: hash8({ uri: withoutTag(uri), digest, version, secretName, env, resources, accelerator, acceptedUpdate }) };
    }
    return last.hash;
  };
});

/** `oci://host:5000/a/b:4@sha256:…` → `oci://host:5000/a/b`; `hf://owner/model@main` → `hf://owner/model`. */
export function withoutTag(uri: string): string {
  if (uri.startsWith('hf://')) return uri.replace(/@.*$/, '');
  if (!uri.startsWith('oci://')) return uri;
  return uri.replace(/@sha256:[a-f0-9]+$/, '').replace(/:[^:/]+$/, '');
}
