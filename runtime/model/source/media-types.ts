/** Media types and annotations of OCI images and of CNCF ModelPack (the vnd.cnai names are its drafts'). */
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';

/** What a manifest request accepts; indexes too, so that they can be refused by name. */
export const ACCEPT_MANIFESTS = [OCI_MANIFEST, DOCKER_MANIFEST, OCI_INDEX, DOCKER_LIST].join(', ');

export const MODELPACK = {
  manifest: 'application/vnd.cncf.model.manifest.v1+json',
  config: 'application/vnd.cncf.model.config.v1+json',
  weightRaw: 'application/vnd.cncf.model.weight.v1.raw',
  filepath: 'org.cncf.model.filepath',
  fileMetadata: 'org.cncf.model.file.metadata+json',
} as const;

/** Stands for "no layer": OCI wants at least one in a manifest. */
export const OCI_EMPTY = 'application/vnd.oci.empty.v1+json';

export const TITLE = 'org.opencontainers.image.title';

/** Weights of a model, raw or in an archive. Its `weight.config` (tokenizers and the like) is not one. */
export function isWeight(mediaType: string): boolean {
  return /^application\/vnd\.(cncf|cnai)\.model\.weight\.v1\./.test(mediaType);
}

/** Archives and compressed layers: bytes that are not the model file itself. */
export function isArchive(mediaType: string): boolean {
  return /[.+](tar|tgz|gzip|zstd|zip)\b/.test(mediaType);
}
