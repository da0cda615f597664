/** Certificate authorities and what they sign, made by openssl in a folder of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export class TestCertificates {
  readonly #folder = mkdtempSync(join(tmpdir(), 'slipway-certificates-'));

  /** Resolves to the authority's certificate. */
  makeAuthority(name: string): string {
    this.#openssl('req', '-x509', ...NEW_KEY, '-keyout', `${name}.key`, '-out', `${name}.crt`, '-days', '2', '-subj', `/CN=${name}`);
    return this.#read(`${name}.crt`);
  }

  /** For localhost, unless `hosts` says otherwise. */
  makePair(name: string, authority: string, hosts = 'DNS:localhost,IP:127.0.0.1'): KeyPair {
    this.#openssl('req', ...NEW_KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    writeFileSync(join(this.#folder, 'extensions'), `subjectAltName=${hosts}`);
    const signer = ['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`, '-CAcreateserial'];
    this.#openssl('x509', '-req', '-in', `${name}.csr`, ...signer, '-days', '2', '-extfile', 'extensions', '-out', `${name}.crt`);
    return { cert: this.#read(`${name}.crt`), key: this.#read(`${name}.key`) };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'pipe' });
  }

  #read(file: string): string {
    return readFileSync(join(this.#folder, file), 'utf8');
  }
}
