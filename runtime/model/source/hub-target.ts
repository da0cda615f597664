/** hf:// → a commit, and the files of it that are the model. */
import { archiveKindOf } from './archive-kind.js';
import type { ByteSource } from './download.js';
import { HubClient, type HubFile } from './hub-client.js';
import type { HubUri } from './hub-uri.js';
import type { SourceContext } from './open-source.js';
import { pickFiles } from './pick-files.js';
import { SourceError } from './source-error.js';
import type { Target } from './target.js';

const MOVED = 'the branch or tag moved (pin the commit in the uri), or spec.model.digest is wrong';

export async function hubTarget(context: SourceContext, uri: HubUri): Promise<Target> {
  const { transport, env, credentials, retry, flags } = context;
  const hub = new HubClient(transport, uri, { env, credentials, retry });
  const commit = flags.sourceRevision ?? (await hub.commit());
  const name = `"${uri.repository}" at commit ${commit}`;
  const common = { name, host: hub.host, sourceRevision: commit, moves: MOVED };
  const sourceOf = (file: HubFile): ByteSource => hubSource(hub, commit, file);
  const archive = archiveKindOf(uri.path);
  if (archive !== undefined) {
    const file = (await hub.list(commit, folderOf(uri.path), false)).find(({ path }) => path === uri.path);
    if (file === undefined) throw new SourceError('SOURCE_NOT_FOUND', `${name} has no file "${uri.path}": correct the path in the uri`);
    return { ...common, archive, files: [{ source: sourceOf(file), name: uri.path, path: uri.path }] };
  }
  const isFile = uri.path.toLowerCase().endsWith('.onnx');
  const files = await hub.list(commit, isFile ? folderOf(uri.path) : uri.path, !isFile);
  const picked = pickFiles({ name, files, scope: isFile || uri.path === '' ? 'Names' : 'Folder', ...(isFile ? { wanted: uri.path } : {}) });
  return { ...common, files: picked.map(({ file, ...names }) => ({ ...names, source: sourceOf(file) })) };
}

function hubSource(hub: HubClient, commit: string, { path, bytes, sha256, gitBlob }: HubFile): ByteSource {
  if (sha256 === undefined && gitBlob === undefined) {
    throw new SourceError('ARTIFACT_INVALID', `"${hub.host}" names no hash of the file "${path}", so it cannot be verified`);
  }
  return {
    name: `file "${path}"`,
    host: hub.host,
    expectedBytes: bytes,
    expected: {
      ...(sha256 === undefined ? {} : { digest: sha256 }),
      ...(gitBlob === undefined ? {} : { gitBlob }),
      hint: 'the hub itself lists it so: something changed it on its way, or at its place',
    },
    immutable: true,
    open: (offset) => hub.open(commit, path, offset),
  };
}

function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}
