/** Parameters of a load request → what to read in place of the repository's own configuration and files. */
import type { MessageNode } from '../config/config-node.js';
import { fromJson } from '../config/config-node.js';
import { InferenceError, invalidArgument } from '../core/inference-error.js';
import type { LoadParameters } from '../dataplane/ports.js';

export interface LoadRequest {
  /** A whole configuration in JSON, in place of every other one until the next load. */
  readonly override?: MessageNode;
  /** Bytes by path below the model's folder, `<version>/<file>`; empty: the repository's files. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

const FILE_PREFIX = 'file:';
const INLINE_PATH = /^[1-9][0-9]{0,17}\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$/;

/** Throws InferenceError on parameters that are unknown, malformed or not allowed. */
export function readLoadRequest(name: string, parameters: LoadParameters, allowsInlineModels: boolean): LoadRequest {
  const files = new Map<string, Uint8Array>();
  let override: MessageNode | undefined;
  for (const [key, value] of parameters) {
    if (key === 'config') override = readOverride(name, value);
    else if (key.startsWith(FILE_PREFIX)) files.set(readPath(name, key, allowsInlineModels), readBytes(name, key, value));
    else throw invalidArgument(`failed to load '${name}': parameter '${key}' is unknown; known: 'config', 'file:<version>/<file>'`);
  }
  return { files, ...(override === undefined ? {} : { override }) };
}

function readOverride(name: string, value: unknown): MessageNode {
  if (typeof value !== 'string') throw invalidArgument(`failed to load '${name}': parameter 'config' is a string of JSON`);
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch (cause) {
    throw new InferenceError('INVALID_ARGUMENT', `failed to load '${name}': parameter 'config' is no JSON: ${String(cause)}`, { cause });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw invalidArgument(`failed to load '${name}': parameter 'config' is one object of JSON, with the fields of config.pbtxt`);
  const node = fromJson(json, 'config');
  if (node.kind === 'Scalar') throw invalidArgument(`failed to load '${name}': parameter 'config' is one object of JSON`);
  return node;
}

function readPath(name: string, key: string, allowsInlineModels: boolean): string {
  if (!allowsInlineModels)
    throw new InferenceError('UNIMPLEMENTED', `failed to load '${name}': bytes in '${key}' are refused; start the server with --allow-inline-models`);
  const path = key.slice(FILE_PREFIX.length);
  if (!INLINE_PATH.test(path))
    throw invalidArgument(`failed to load '${name}': '${key}' is not 'file:<version>/<file>', such as 'file:1/model.onnx'`);
  return path;
}

/** tritonclient sends bytes over gRPC and base64 over HTTP. */
function readBytes(name: string, key: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value)) return Buffer.from(value, 'base64');
  throw invalidArgument(`failed to load '${name}': '${key}' holds neither bytes nor base64`);
}
