/** Which layer of an OCI manifest is the model. Pure: bytes in, descriptor or a refusal that says how to push right. */
import { DOCKER_LIST, isArchive, isWeight, MODELPACK, OCI_EMPTY, OCI_INDEX, TITLE } from './media-types.js';
import { isDigest } from './model-uri.js';
import { SourceError } from './source-error.js';

export interface ModelLayer {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
  /** File name that the artifact gives it, for messages. */
  readonly title: string;
}

interface Layer extends ModelLayer {
  readonly unpack: boolean;
}

/** `name` is the artifact as errors call it: `registry/repository:tag`. */
export function pickModelLayer(manifest: Uint8Array, name: string): ModelLayer {
  const value = parseManifest(manifest, name);
  if (value['mediaType'] === OCI_INDEX || value['mediaType'] === DOCKER_LIST || Array.isArray(value['manifests'])) {
    throw refused(name, 'is an image index (several platforms), not one artifact: give the digest of one manifest in it, or push the model', name);
  }
  const layers = readLayers(value['layers'], name).filter((layer) => layer.mediaType !== OCI_EMPTY);
  const chosen = chooseLayer(layers, name);
  if (chosen.size === 0) throw refused(name, 'has a model of 0 bytes', name);
  if (chosen.unpack || (isArchive(chosen.mediaType) && !isFileInDisguise(chosen))) {
    throw refused(name, `has the model in an archive (${chosen.mediaType}), which would have to be unpacked to be verified: push it raw`, name);
  }
  const { digest, size, mediaType, title } = chosen;
  return { digest, size, mediaType, title };
}

function chooseLayer(layers: readonly Layer[], name: string): Layer {
  const [only] = layers;
  if (only === undefined) throw refused(name, 'has no layer at all', name);
  if (layers.length === 1) return only;
  const onnx = layers.filter((layer) => layer.title.toLowerCase().endsWith('.onnx'));
  const weights = layers.filter((layer) => isWeight(layer.mediaType));
  const candidates = onnx.length > 0 ? onnx : weights;
  if (candidates.length === 1 && candidates[0] !== undefined) return candidates[0];
  const found = layers.map((layer) => `${layer.title || '(no title)'} ${layer.mediaType}`);
  const list = found.slice(0, 5).join('; ') + (found.length > 5 ? `; ${found.length - 5} more` : '');
  const why = candidates.length === 0 ? 'none of which is a model' : 'more than one of which could be the model';
  throw refused(name, `has ${layers.length} layers, ${why} (${list}): serve one .onnx file with its weights inside`, name);
}

/** `oras push … model.onnx` calls a raw file `application/vnd.oci.image.layer.v1.tar` and gives its name as the title. */
function isFileInDisguise(layer: Layer): boolean {
  return layer.mediaType === 'application/vnd.oci.image.layer.v1.tar' && layer.title.toLowerCase().endsWith('.onnx');
}

function readLayers(value: unknown, name: string): readonly Layer[] {
  if (!Array.isArray(value)) throw refused(name, 'has a manifest without layers', name);
  return value.map((entry: unknown) => {
    if (!isRecord(entry)) throw refused(name, 'has a manifest with a layer that is not an object', name);
    const { digest, size, mediaType } = entry;
    if (typeof digest !== 'string' || !isDigest(digest) || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw refused(name, 'has a layer without a sha256 digest or a size', name);
    }
    const annotations = isRecord(entry['annotations']) ? entry['annotations'] : {};
    const title = annotations[TITLE] ?? annotations[MODELPACK.filepath];
    return {
      digest,
      size,
      mediaType: typeof mediaType === 'string' ? mediaType : '',
      title: typeof title === 'string' ? title.slice(0, 200) : '',
      unpack: annotations['io.deis.oras.content.unpack'] === 'true',
    };
  });
}

function parseManifest(manifest: Uint8Array, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(manifest));
    if (isRecord(value)) return value;
  } catch {
    // falls through to the refusal, which names the artifact
  }
  throw refused(name, 'has a manifest that is not a JSON object', name);
}

function refused(name: string, what: string, target: string): SourceError {
  return new SourceError(
    'ARTIFACT_INVALID',
    `The artifact "${name}" ${what}. Push with: slipway push model.onnx oci://${target.replace(/@sha256:.*$/, '')}`,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
