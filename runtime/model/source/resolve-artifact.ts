/** oci:// → the manifest's digest and the layer in it that is the model. */
import { type OciUri, pinnedDigest } from './model-uri.js';
import { registryOf, type SourceContext } from './open-source.js';
import { type ModelLayer, pickModelLayer } from './pick-layer.js';

export interface ResolvedArtifact {
  readonly digest: string;
  readonly layer: ModelLayer;
}

export async function resolveArtifact(context: SourceContext, uri: OciUri): Promise<ResolvedArtifact> {
  const reference = pinnedDigest(uri, context.flags.digest) ?? uri.tag ?? 'latest';
  const { bytes, digest } = await registryOf(context, uri).manifest(reference);
  const name = `${uri.registry}/${uri.repository}${reference.includes(':') ? '@' : ':'}${reference}`;
  return { digest, layer: pickModelLayer(bytes, name) };
}
