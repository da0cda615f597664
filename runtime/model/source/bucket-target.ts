/** s3:// → the objects that are the model. */
import { MODEL_FILE } from '../../../contract/paths.js';
import { archiveKindOf } from './archive-kind.js';
import { readAwsSettings } from './aws-settings.js';
import { BucketClient } from './bucket-client.js';
import type { BucketUri } from './bucket-uri.js';
import type { ByteSource } from './download.js';
import type { SourceContext } from './open-source.js';
import { pickFiles } from './pick-files.js';
import type { Target } from './target.js';

const REPLACED = 'objects were replaced or added (give each model a key of its own), or spec.model.digest is wrong';

export async function bucketTarget(context: SourceContext, uri: BucketUri): Promise<Target> {
  const { transport, flags, secret, env, retry } = context;
  const bucket = new BucketClient(transport, uri, { settings: readAwsSettings(secret, env, flags.plainHttp), retry });
  const name = `"${uri.path}" of bucket "${uri.bucket}"`;
  const { host } = bucket;
  const archive = archiveKindOf(uri.path);
  if (archive !== undefined) {
    const { bytes, versionId } = await findVersion(context, bucket, uri.path);
    const source = objectSource(bucket, { key: uri.path, bytes, versionId });
    return { name, host, moves: REPLACED, archive, ...revision(versionId), files: [{ source, name: uri.path, path: uri.path }] };
  }
  const isFile = uri.path.toLowerCase().endsWith('.onnx');
  if (isFile && flags.sourceRevision !== undefined) {
    // versions are named of models of one file alone
    const source = objectSource(bucket, { key: uri.path, bytes: undefined, versionId: flags.sourceRevision });
    return { name, host, moves: REPLACED, ...revision(flags.sourceRevision), files: [{ source, name: MODEL_FILE, path: MODEL_FILE }] };
  }
  const prefix = isFile || uri.path === '' ? uri.path : `${uri.path}/`;
  // keys that end in a slash stand for folders, as consoles make them
  const objects = (await bucket.list(prefix)).filter(({ key }) => !key.endsWith('/')).map(({ key, bytes }) => ({ path: key, bytes }));
  const picked = pickFiles({
    name: `The model ${name}`,
    files: objects,
    scope: isFile ? 'Names' : 'Folder',
    ...(isFile ? { wanted: uri.path } : {}),
  });
  const [only] = picked;
  const versionId = picked.length === 1 && only !== undefined ? (await findVersion(context, bucket, only.file.path)).versionId : undefined;
  const files = picked.map(({ file, ...names }) => ({ ...names, source: objectSource(bucket, { key: file.path, bytes: file.bytes, versionId }) }));
  return { name, host, moves: REPLACED, ...revision(versionId), files };
}

/** The version of an object that is there now, or the one that the resolver found. */
async function findVersion(
  { flags }: SourceContext,
  bucket: BucketClient,
  key: string,
): Promise<{ bytes: number | undefined; versionId: string | undefined }> {
  if (flags.sourceRevision !== undefined) return { bytes: undefined, versionId: flags.sourceRevision };
  return bucket.head(key);
}

function revision(versionId: string | undefined): { sourceRevision?: string } {
  return versionId === undefined ? {} : { sourceRevision: versionId };
}

interface ObjectOf {
  readonly key: string;
  readonly bytes: number | undefined;
  readonly versionId: string | undefined;
}

function objectSource(bucket: BucketClient, { key, bytes, versionId }: ObjectOf): ByteSource {
  return {
    name: `object "${key}"`,
    host: bucket.host,
    // an older version may have another size than the one that was listed
    ...(bytes === undefined || versionId !== undefined ? {} : { expectedBytes: bytes }),
    immutable: versionId !== undefined,
    open: (offset) => bucket.open(key, offset, versionId),
  };
}
