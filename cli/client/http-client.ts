/** The protocol over REST, for servers and paths that have no gRPC. */
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { toError } from '../../lib/errors.js';
import { describeError } from '../../lib/logger.js';
import { UsageError } from '../usage-error.js';
import { formatAddress } from './address.js';
import { ClientError, tooLate, unreachable } from './client-error.js';
import type { ConnectionOptions } from './connection-options.js';
import { decodeHttpResponse, encodeHttpRequest } from './http-tensors.js';
import type { Answer, AnswerStream, InferenceClient, ModelMetadata, ModelRequest, ModelStatistics, PreparedRequest } from './inference-client.js';
import { parseMetadata, parseModelNames, parseStatistics, readFields } from './parse-replies.js';

interface Reply {
  readonly body: Buffer;
  readonly jsonLength: number | undefined;
}

/** HTTP statuses of the protocol, under the names that gRPC gives what they mean. */
const CODES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** An answer larger than this is no answer of a model. */
const LARGEST_ANSWER = 2 ** 30;

export class HttpInferenceClient implements InferenceClient {
  readonly #options: ConnectionOptions;
  readonly #agent: HttpAgent;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#agent = options.tls === undefined ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true, ...options.tls });
  }

  async fetchMetadata(model: string, version: string): Promise<ModelMetadata> {
    return parseMetadata(parseReply(await this.#call({ path: pathOf(model, version) })));
  }

  async fetchStatistics(model: string, version: string): Promise<ModelStatistics | undefined> {
    try {
      return parseStatistics(parseReply(await this.#call({ path: `${pathOf(model, version)}/stats` })));
    } catch (error) {
      if (error instanceof ClientError && ['UNIMPLEMENTED', 'NOT_FOUND'].includes(error.code)) return undefined;
      throw error;
    }
  }

  async listModels(): Promise<readonly string[]> {
    return await this.#call({ path: '/v2/repository/index', body: Buffer.from('{}') }).then(
      (reply) => parseModelNames(parseReply(reply)),
      () => [],
    );
  }

  prepare(request: ModelRequest): PreparedRequest {
    return { path: `${pathOf(request.model, request.version ?? '')}/infer`, ...encodeHttpRequest(request) };
  }

  async infer(request: PreparedRequest): Promise<Answer> {
    const { body, jsonLength } = await this.#call(request);
    return { byteLength: body.length, decode: () => decodeHttpResponse(body, jsonLength) };
  }

  openStream(): AnswerStream {
    throw new UsageError('--stream needs gRPC: leave out --http');
  }

  close(): void {
    this.#agent.destroy();
  }

  #call({ path, body, jsonLength }: { path: string; body?: Buffer; jsonLength?: number }): Promise<Reply> {
    const { address, tls, authority, timeoutSeconds } = this.#options;
    return new Promise((resolve, reject) => {
      const send = tls === undefined ? requestHttp : requestHttps;
      const request = send({
        host: address.host,
        port: address.port,
        path,
        method: body === undefined ? 'GET' : 'POST',
        agent: this.#agent,
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
        headers: {
          ...(authority === undefined ? {} : { host: authority }),
          ...(body === undefined ? {} : { 'content-type': 'application/octet-stream', 'content-length': body.length }),
          ...(jsonLength === undefined ? {} : { 'inference-header-content-length': jsonLength }),
        },
        ...(authority === undefined ? {} : { servername: authority.replace(/:\d+$/, '') }),
      });
      request.on('error', (error) => reject(this.#explain(error)));
      request.on('response', (response) => {
        readBody(response).then(
          (bytes) => {
            if (response.statusCode === 200) resolve({ body: bytes, jsonLength: readLength(response.headers['inference-header-content-length']) });
            else reject(explainStatus(response.statusCode ?? 0, bytes));
          },
          (error: unknown) => reject(this.#explain(toError(error))),
        );
      });
      request.end(body);
    });
  }

  #explain(error: Error): ClientError {
    if (error.name === 'TimeoutError' || error.name === 'AbortError') return tooLate(this.#options.timeoutSeconds);
    // an error of several addresses has no text of its own
    const words = error instanceof AggregateError ? error.errors.map((one: unknown) => describeError(one)).join(', ') : error.message;
    return unreachable(formatAddress(this.#options.address), words);
  }
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue; // no encoding is set
    bytes += chunk.length;
    if (bytes > LARGEST_ANSWER) throw new Error(`the answer is larger than ${LARGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function pathOf(model: string, version: string): string {
  return `/v2/models/${encodeURIComponent(model)}${version === '' ? '' : `/versions/${encodeURIComponent(version)}`}`;
}

function readLength(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,10}$/.test(header) ? Number(header) : undefined;
}

function parseReply({ body }: Reply): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new ClientError('INTERNAL', `The reply is not JSON, so this is no server of the protocol: ${body.toString().slice(0, 100)}`, { cause });
  }
}

function explainStatus(status: number, body: Buffer): ClientError {
  const code = CODES[status] ?? 'INTERNAL';
  try {
    const message = readFields(JSON.parse(body.toString()))['error'];
    if (typeof message === 'string') return new ClientError(code, message);
  } catch {
    // a proxy's page: its beginning is told as it is
  }
  return new ClientError(code, `HTTP ${status}: ${body.toString().slice(0, 200)}`);
}
