/** The ModelProbe port over HTTP: asks a serving pod what it serves, for a second at most, and believes nothing it cannot read. */
import { get } from 'node:http';
import { isIPv6 } from 'node:net';
import { HTTP_PATHS } from '../../contract/paths.js';
import { PORTS } from '../../contract/ports.js';
import type { Statusz } from '../../contract/statusz.js';
import type { ModelProbe } from '../ports.js';
import { parseStatusz } from './parse-statusz.js';

export interface ProbeOptions {
  readonly port?: number;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 1000;
const MAX_BYTES = 256 * 1024;

export class StatuszProbe implements ModelProbe<Statusz> {
  readonly #port: number;
  readonly #timeoutMs: number;

  constructor({ port = PORTS.metrics, timeoutMs = TIMEOUT_MS }: ProbeOptions = {}) {
    this.#port = port;
    this.#timeoutMs = timeoutMs;
  }

  async statusz(podIp: string): Promise<Statusz | undefined> {
    try {
      return parseStatusz(JSON.parse(await this.#fetch(podIp)));
    } catch {
      return undefined; // no data: the pod's own status says more than the way in which it does not answer
    }
  }

  /** A connection of its own: pods are many and asked rarely, and no proxy of the environment stands between. */
  #fetch(podIp: string): Promise<string> {
    const url = `http://${isIPv6(podIp) ? `[${podIp}]` : podIp}:${this.#port}${HTTP_PATHS.status}`;
    return new Promise((resolve, reject) => {
      const request = get(url, { agent: false, signal: AbortSignal.timeout(this.#timeoutMs) }, (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        if (response.statusCode !== 200) request.destroy(new Error(`HTTP ${response.statusCode}`));
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_BYTES) request.destroy(new Error(`More than ${MAX_BYTES} bytes`));
          else chunks.push(chunk);
        });
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        response.on('error', reject);
      });
      request.on('error', reject);
    });
  }
}
