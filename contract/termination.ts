/**
 * What a container of Slipway says when it ends: one JSON object in the termination message
 * (≤ 4096 bytes, Kubernetes' limit) and an exit code that repeats its code.
 */
export const TERMINATION_CODES = {
  OK: { exit: 0, permanent: false },
  /** Anything without a better name. */
  INTERNAL: { exit: 1, permanent: false },
  /** Wrong flags or arguments. */
  USAGE: { exit: 2, permanent: true },
  /** URI scheme or form that Slipway does not know. */
  URI_INVALID: { exit: 20, permanent: true },
  /** Host not found, refused, timed out, reset, TLS or a 5xx answer. */
  SOURCE_UNREACHABLE: { exit: 21, permanent: false },
  /** 401 or 403. A Secret can be mended without a spec change, so it is retried. */
  SOURCE_UNAUTHORIZED: { exit: 22, permanent: false },
  /** 404: no such repository, tag, digest or path. */
  SOURCE_NOT_FOUND: { exit: 23, permanent: true },
  /** Bytes that came do not have the digest that was asked for. */
  DIGEST_MISMATCH: { exit: 24, permanent: true },
  /** Artifact of a form that cannot be served: many layers, an index, no model in it. */
  ARTIFACT_INVALID: { exit: 25, permanent: true },
  DISK_FULL: { exit: 26, permanent: false },
  /** A schemeless-version source (http, https) without digest and without allowUnpinned. */
  UNPINNED: { exit: 27, permanent: true },
  /** ONNX Runtime refuses the file: not ONNX, broken, opset too new, external data missing. */
  MODEL_INVALID: { exit: 30, permanent: true },
  /** An operator or a datatype that the runtime has not. */
  OP_UNSUPPORTED: { exit: 31, permanent: true },
  /** The execution provider for the requested accelerator is not in this image or finds no device. */
  PROVIDER_MISSING: { exit: 32, permanent: true },
  /** The model loaded and its warm-up run failed. */
  WARMUP_FAILED: { exit: 33, permanent: true },
} as const;

export type TerminationCode = keyof typeof TERMINATION_CODES;
export type TerminationStage = 'resolve' | 'download' | 'verify' | 'load' | 'warmup' | 'serve';

export interface Termination {
  readonly code: TerminationCode;
  readonly stage: TerminationStage;
  /** One line for a person: what failed, the value, the fix. No secrets, no tensor content. */
  readonly message: string;
  /** `sha256:<64 hex>`; for `oci://` of the manifest, else of the bytes. */
  readonly digest?: string;
  /** What the source calls these very bytes for ever, where it has such names beside the digest: for `hf://` the commit, for `s3://` the version. */
  readonly sourceRevision?: string;
  /** `sha256:<64 hex>` of the model bytes. */
  readonly contentDigest?: string;
  readonly bytes?: number;
  readonly seconds?: number;
}

/** Kubernetes' limit of a termination message, in bytes. */
export const TERMINATION_MAX_BYTES = 4096;

/** JSON of a termination, its message shortened so that the whole stays within the limit. */
export function formatTermination(termination: Termination): string {
  let text = JSON.stringify(termination);
  // Bytes, not characters: what JSON escapes takes six of them, and an ONNX Runtime text may quote a file's raw bytes.
  for (let length = termination.message.length; new TextEncoder().encode(text).length > TERMINATION_MAX_BYTES && length > 0; ) {
    length = Math.floor(length * 0.8);
    text = JSON.stringify({ ...termination, message: `${termination.message.slice(0, length)}…` });
  }
  return text;
}

/** The termination in a container's message, or undefined when the text is not one of ours. */
export function parseTermination(text: string | undefined): Termination | undefined {
  if (text === undefined || !text.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isTermination(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTermination(value: unknown): value is Termination {
  if (typeof value !== 'object' || value === null) return false;
  if (!('code' in value) || typeof value.code !== 'string' || !Object.hasOwn(TERMINATION_CODES, value.code)) return false;
  if (!('stage' in value && typeof value.stage === 'string' && 'message' in value && typeof value.message === 'string')) return false;
  const texts = ['digest', 'sourceRevision', 'contentDigest'].map((field): unknown => Reflect.get(value, field));
  const [bytes, seconds] = ['bytes', 'seconds'].map((field): unknown => Reflect.get(value, field));
  return (
    texts.every((text) => text === undefined || typeof text === 'string') &&
    (bytes === undefined || Number.isSafeInteger(bytes)) &&
    (seconds === undefined || typeof seconds === 'number')
  );
}

export function isPermanent(code: TerminationCode): boolean {
  return TERMINATION_CODES[code].permanent;
}
