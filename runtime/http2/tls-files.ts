/**
 * Certificate and key from files that change under a running server: Kubernetes swaps a Secret's files through a symbolic
 * link, so what counts is the content, read again and again. A pair that does not belong together, as in the middle of a
 * change, leaves the old one in use.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { toError } from '../../lib/errors.js';

export interface TlsFiles {
  /** PEM, with the chain. */
  readonly certFile: string;
  readonly keyFile: string;
  /** PEM; present: clients must show a certificate that one of these signed. */
  readonly clientCaFile?: string;
}

export interface TlsMaterial extends SecureContextOptions {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

/** Throws Error when a file cannot be read or they do not belong together. */
export function readTlsFiles(files: TlsFiles): TlsMaterial {
  const material = {
    cert: readNamed('certificate', files.certFile),
    key: readNamed('key', files.keyFile),
    ...(files.clientCaFile === undefined ? {} : { ca: readNamed('client CA', files.clientCaFile) }),
  };
  try {
    createSecureContext(material);
  } catch (cause) {
    throw new Error(`Could not use the certificate "${files.certFile}" with the key "${files.keyFile}": ${toError(cause).message}`, { cause });
  }
  return material;
}

/** Tells of each new content once. */
export class TlsWatch {
  #known: string;

  constructor(
    readonly files: TlsFiles,
    current: TlsMaterial,
  ) {
    this.#known = digest(current);
  }

  /** New material, or undefined when nothing changed. Throws Error as readTlsFiles does. */
  poll(): TlsMaterial | undefined {
    const material = readTlsFiles(this.files);
    const now = digest(material);
    if (now === this.#known) return undefined;
    this.#known = now;
    return material;
  }
}

function digest({ cert, key, ca }: TlsMaterial): string {
  const hash = createHash('sha256');
  for (const part of [cert, key, ca ?? '']) hash.update(part).update('\0');
  return hash.digest('hex');
}

function readNamed(what: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`Could not read the ${what} "${path}" for TLS: ${toError(cause).message}`, { cause });
  }
}
