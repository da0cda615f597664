/** What a uri stands for, before its bytes are here: files with what is known of them, or one archive that has them. */

import { MODEL_FILE } from '../../../contract/paths.js';
import type { ArchiveKind } from './archive-kind.js';
import { archiveKindOf } from './archive-kind.js';
import { bucketTarget } from './bucket-target.js';
import type { ByteSource } from './download.js';
import { hubTarget } from './hub-target.js';
import { CHANGED, layerSource, registryOf, type SourceContext, urlSource } from './open-source.js';
import { resolveArtifact } from './resolve-artifact.js';

export interface TargetFile {
  readonly source: ByteSource;
  /** Relative to the model's folder at the source. */
  readonly name: string;
  /** Relative to the folder that is served. */
  readonly path: string;
}

export interface Target {
  /** As messages call all of it. */
  readonly name: string;
  readonly host: string;
  /** How it can have other bytes than its digest says, for messages. */
  readonly moves: string;
  /** What the source calls these very bytes for ever. */
  readonly sourceRevision?: string;
  /** What the record and status call the model, where the source says it: the digest of an OCI manifest. Else that of the bytes. */
  readonly digest?: string;
  /** The model itself last. */
  readonly files: readonly TargetFile[];
  /** The one file is an archive that has the model's. */
  readonly archive?: ArchiveKind;
}

export async function openTarget(context: SourceContext): Promise<Target> {
  const { uri } = context.flags;
  switch (uri.scheme) {
    case 'hf':
      return hubTarget(context, uri);
    case 's3':
      return bucketTarget(context, uri);
    case 'oci': {
      const { digest, layer } = await resolveArtifact(context, uri);
      const source = layerSource(registryOf(context, uri), layer);
      return { name: `"${uri.repository}"`, host: uri.registry, moves: CHANGED, digest, files: [{ source, name: MODEL_FILE, path: MODEL_FILE }] };
    }
    case 'http':
    case 'https': {
      const source = urlSource(context, uri);
      const archive = archiveKindOf(uri.url.pathname);
      const files = [{ source, name: MODEL_FILE, path: MODEL_FILE }];
      return { name: source.name, host: source.host, moves: CHANGED, files, ...(archive === undefined ? {} : { archive }) };
    }
  }
}
