/** uri → digest: for oci:// of the manifest, for http(s) the given one or that of the bytes as they come. */
import { NULL_SINK } from './byte-sink.js';
import { download } from './download.js';
import { type OciUri, pinnedDigest } from './model-uri.js';
import { registryOf, type SourceContext, urlSource } from './open-source.js';
import { type ModelLayer, pickModelLayer } from './pick-layer.js';
import { ProgressMeter } from './progress.js';
import { checkPinned } from './source-flags.js';

export interface Resolved {
  readonly digest: string;
  /** Of the model's bytes, where it is known without them. */
  readonly contentDigest?: string;
  readonly bytes?: number;
}

export interface ResolvedArtifact {
  readonly digest: string;
  readonly layer: ModelLayer;
}

export async function resolveModel(context: SourceContext): Promise<Resolved> {
  const { flags, retry, logger, clock } = context;
  checkPinned(flags);
  if (flags.uri.scheme === 'oci') {
    const { digest, layer } = await resolveArtifact(context, flags.uri);
    return { digest, contentDigest: layer.digest, bytes: layer.size };
  }
  if (flags.digest !== undefined) return { digest: flags.digest, contentDigest: flags.digest };
  const meter = new ProgressMeter(clock.now, (progress) => logger.info('Hashed part of the model', { ...progress }));
  const { digest, bytes } = await download(urlSource(context, flags.uri), { sink: NULL_SINK, retry, meter });
  return { digest, contentDigest: digest, bytes };
}

/** The manifest's digest and the layer in it that is the model. */
export async function resolveArtifact(context: SourceContext, uri: OciUri): Promise<ResolvedArtifact> {
  const reference = pinnedDigest(uri, context.flags.digest) ?? uri.tag ?? 'latest';
  const { bytes, digest } = await registryOf(context, uri).manifest(reference);
  const name = `${uri.registry}/${uri.repository}${reference.includes(':') ? '@' : ':'}${reference}`;
  return { digest, layer: pickModelLayer(bytes, name) };
}
