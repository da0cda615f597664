/** `slipway push model.onnx oci://registry/repository:tag`: an ONNX file becomes an artifact that a ModelDeployment can name. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Clock, SYSTEM_CLOCK } from '../lib/clock.js';
import { type Credentials, NO_CREDENTIALS } from '../runtime/model/source/credentials.js';
import { statusError } from '../runtime/model/source/http-status.js';
import { type OciUri, parseModelUri } from '../runtime/model/source/model-uri.js';
import type { Environment } from '../runtime/model/source/proxy.js';
import { RegistryClient } from '../runtime/model/source/registry-client.js';
import { retrying } from '../runtime/model/source/retry.js';
import { SourceError } from '../runtime/model/source/source-error.js';
import { discard, Transport } from '../runtime/model/source/transport.js';
import { type Blob, makeModelPack } from './modelpack.js';
import { bufferBlob, fileBlob, type UploadBlob, type UploadOptions, uploadBlob } from './upload-blob.js';

export interface PushOptions {
  /** Path of the .onnx file. */
  readonly model: string;
  /** `oci://registry[:port]/repository[:tag]` */
  readonly uri: string;
  /** Hosts that may be spoken to without TLS. */
  readonly plainHttp?: readonly string[];
  readonly credentials?: Credentials;
  /** PEM text. */
  readonly caBundle?: string;
  /** For proxies: HTTPS_PROXY, HTTP_PROXY, NO_PROXY. */
  readonly env?: Environment;
  readonly upload?: UploadOptions;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export interface Pushed {
  /** `oci://registry/repository:tag@sha256:…`, ready for spec.model.uri. */
  readonly uri: string;
  readonly digest: string;
  readonly contentDigest: string;
  readonly bytes: number;
  /** False when the registry had the model's bytes already. */
  readonly uploaded: boolean;
}

export async function pushModel(options: PushOptions): Promise<Pushed> {
  const target = parseTarget(options.uri);
  const file = { name: basename(options.model), ...(await hashFile(options.model)) };
  const { config, manifest } = makeModelPack(file);
  const { plainHttp = [], env = {}, credentials = NO_CREDENTIALS, clock = SYSTEM_CLOCK, signal } = options;
  const transport = new Transport({ env, plainHttp, ...(options.caBundle === undefined ? {} : { caBundle: options.caBundle }) });
  try {
    const retry = { clock, signal };
    const registry = new RegistryClient(transport, target, { credentials, actions: 'pull,push', retry });
    const send = (blob: UploadBlob): Promise<boolean> => retrying(retry, () => uploadBlob(registry, blob, options.upload));
    const uploaded = await send(fileBlob(options.model, file.digest, file.bytes));
    await send(bufferBlob(config.content, config.digest));
    const tag = target.tag ?? 'latest';
    await retrying(retry, () => putManifest(registry, tag, manifest));
    const uri = `oci://${target.registry}/${target.repository}:${tag}@${manifest.digest}`;
    return { uri, digest: manifest.digest, contentDigest: file.digest, bytes: file.bytes, uploaded };
  } finally {
    await transport.close();
  }
}

async function putManifest(registry: RegistryClient, tag: string, manifest: Blob): Promise<void> {
  const headers = { 'content-type': manifest.mediaType, 'content-length': String(manifest.content.length) };
  const response = await registry.request(`manifests/${tag}`, { method: 'PUT', headers, body: () => manifest.content });
  if (response.status !== 201) throw await statusError(response, registry.context(`manifest of "${registry.repository}:${tag}"`));
  await discard(response);
}

function parseTarget(text: string): OciUri {
  const uri = parseModelUri(text);
  if (uri.scheme !== 'oci') throw new SourceError('USAGE', `"${text}" is not a registry: push to oci://registry[:port]/repository[:tag]`);
  if (uri.digest !== undefined) throw new SourceError('USAGE', `"${text}" names a digest, which comes out of a push: leave it out`);
  return uri;
}

async function hashFile(path: string): Promise<{ digest: string; bytes: number }> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new SourceError('USAGE', `The model "${path}" cannot be read: give the path of an .onnx file`, { cause });
  });
  if (!info.isFile() || info.size === 0)
    throw new SourceError('USAGE', `The model "${path}" is ${info.isFile() ? 'empty' : 'no file'}: give the path of an .onnx file`);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return { digest: `sha256:${hash.digest('hex')}`, bytes: info.size };
}
