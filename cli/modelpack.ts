/**
 * A CNCF ModelPack artifact of one ONNX file: config, manifest and their digests. Pure, and without times or owners: the same
 * file under the same name always has the same digest, so that pushing it again changes nothing for those who serve it.
 */
import { createHash } from 'node:crypto';
import { MODELPACK, OCI_MANIFEST, TITLE } from '../runtime/model/source/media-types.js';

export interface ModelFile {
  /** `reader.onnx` */
  readonly name: string;
  readonly digest: string;
  readonly bytes: number;
}

export interface Blob {
  readonly content: Buffer;
  readonly digest: string;
  readonly mediaType: string;
}

export interface ModelPack {
  readonly config: Blob;
  readonly manifest: Blob;
}

export function makeModelPack(file: ModelFile): ModelPack {
  const config = blob(MODELPACK.config, {
    descriptor: { name: file.name.replace(/\.onnx$/i, '') },
    config: { format: 'onnx' },
    modelfs: { type: 'layers', diffIds: [file.digest] },
  });
  const manifest = blob(OCI_MANIFEST, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: MODELPACK.manifest,
    config: { mediaType: config.mediaType, digest: config.digest, size: config.content.length },
    layers: [
      { mediaType: MODELPACK.weightRaw, digest: file.digest, size: file.bytes, annotations: { [MODELPACK.filepath]: file.name, [TITLE]: file.name } },
    ],
    annotations: { [TITLE]: file.name },
  });
  return { config, manifest };
}

function blob(mediaType: string, value: unknown): Blob {
  const content = Buffer.from(JSON.stringify(value));
  return { content, mediaType, digest: `sha256:${createHash('sha256').update(content).digest('hex')}` };
}
