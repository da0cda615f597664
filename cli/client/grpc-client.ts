/**
 * The protocol over gRPC. Transport is grpc-js, as in any client of another project; messages of inference are read and written
 * by runtime/wire, because protobufjs would cost more than the call.
 */
import { type ChannelCredentials, Client, type ClientOptions, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { loadInferenceService } from '../../proto/load.js';
import { encodeInferRequest } from '../../runtime/wire/encode-infer-request.js';
import { decodeInferResponse, decodeStreamResponse } from '../../runtime/wire/infer-response.js';
import { PREFIX_BYTES } from '../../runtime/wire/wire-writer.js';
import { formatAddress, isLoopback } from './address.js';
import { ClientError, tooLate, unreachable } from './client-error.js';
import type { ConnectionOptions } from './connection-options.js';
import type {
  Answer,
  AnswerStream,
  InferenceClient,
  ModelMetadata,
  ModelRequest,
  ModelStatistics,
  PreparedRequest,
  StreamEvents,
} from './inference-client.js';
import { parseMetadata, parseModelNames, parseStatistics } from './parse-replies.js';

const SERVICE = '/inference.GRPCInferenceService';
const same = (bytes: Buffer): Buffer => bytes;

export class GrpcInferenceClient implements InferenceClient {
  readonly #client: Client;
  readonly #options: ConnectionOptions;
  readonly #service = loadInferenceService();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#client = new Client(formatAddress(options.address), toCredentials(options), toChannelOptions(options));
  }

  async fetchMetadata(name: string, version: string): Promise<ModelMetadata> {
    const { path, requestSerialize, responseDeserialize } = this.#service.ModelMetadata;
    return parseMetadata(responseDeserialize(await this.#call(path, requestSerialize({ name, version }))));
  }

  async fetchStatistics(name: string, version: string): Promise<ModelStatistics | undefined> {
    const { path, requestSerialize, responseDeserialize } = this.#service.ModelStatistics;
    try {
      return parseStatistics(responseDeserialize(await this.#call(path, requestSerialize({ name, version }))));
    } catch (error) {
      if (error instanceof ClientError && error.code === 'UNIMPLEMENTED') return undefined;
      throw error;
    }
  }

  async listModels(): Promise<readonly string[]> {
    const { path, requestSerialize, responseDeserialize } = this.#service.RepositoryIndex;
    return await this.#call(path, requestSerialize({})).then(
      (bytes) => parseModelNames(responseDeserialize(bytes).models),
      () => [],
    );
  }

  prepare(request: ModelRequest): PreparedRequest {
    return { path: `${SERVICE}/ModelInfer`, body: Buffer.concat(encodeInferRequest(request).chunks).subarray(PREFIX_BYTES) };
  }

  async infer({ path, body }: PreparedRequest): Promise<Answer> {
    const bytes = await this.#call(path, body);
    return { byteLength: bytes.length, decode: () => decodeInferResponse(bytes) };
  }

  openStream(events: StreamEvents, seconds = this.#options.timeoutSeconds): AnswerStream {
    const call = this.#client.makeBidiStreamRequest(`${SERVICE}/ModelStreamInfer`, same, same, { deadline: Date.now() + seconds * 1000 });
    let failure: Error | undefined;
    call.on('data', (bytes: Buffer) => events.onAnswer({ byteLength: bytes.length, decode: () => decodeStreamed(bytes) }));
    call.on('error', (error: ServiceError) => {
      failure = this.#explain(error);
    });
    call.on('status', () => setImmediate(() => events.onEnd(failure))); // the error, if there is one, comes in the same turn
    return { send: ({ body }) => void call.write(body), end: () => call.end(), cancel: () => call.cancel() };
  }

  close(): void {
    this.#client.close();
  }

  #deadline(): number {
    return Date.now() + this.#options.timeoutSeconds * 1000;
  }

  #call(path: string, message: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, same, same, message, { deadline: this.#deadline() }, (error, bytes) => {
        if (error !== null) reject(this.#explain(error));
        else if (bytes === undefined) reject(new ClientError('INTERNAL', 'The server answered OK without a message'));
        else resolve(bytes);
      });
    });
  }

  #explain({ code, details }: ServiceError): ClientError {
    if (code === status.DEADLINE_EXCEEDED && isOwnDeadline(details)) return tooLate(this.#options.timeoutSeconds);
    if (code === status.UNAVAILABLE && WITHOUT_CONNECTION.test(details))
      return unreachable(formatAddress(this.#options.address), shortenConnectionError(details));
    return new ClientError(status[code] ?? String(code), details === '' ? 'the server gave no reason' : details);
  }
}

const WITHOUT_CONNECTION = /^(?:No connection established|Failed to connect|Name resolution failed)/;

/** `No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ` → `connect ECONNREFUSED 127.0.0.1:1` */
export function shortenConnectionError(details: string): string {
  const reason = details.replace(/^.*?Last error: (?:Error: )?/s, '').replace(/\.? ?Resolution note:.*$/s, '');
  return reason
    .replace(/ \(\d{4}-[^)]*\)/, '')
    .replace(/^[0-9A-F]+:error:[0-9A-F]+:([^:]*):[^:]*:([^:]*):.*$/s, '$1: $2')
    .trim();
}

/** grpc-js's words for the deadline that it keeps itself; a server's words are passed on. */
function isOwnDeadline(details: string): boolean {
  return /^Deadline exceeded(?: after|$)/.test(details);
}

function decodeStreamed(bytes: Buffer): ReturnType<Answer['decode']> {
  const { errorMessage, response } = decodeStreamResponse(bytes);
  if (errorMessage !== '') throw new ClientError('UNKNOWN', errorMessage); // a stream's errors have a text and no code
  if (response === undefined) throw new ClientError('INTERNAL', 'The stream brought a message with neither an answer nor an error');
  return response;
}

function toCredentials({ tls }: ConnectionOptions): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  return credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null);
}

/** No retries: a command tells what happened. A pool of its own: each client is one connection. */
function toChannelOptions({ address, authority }: ConnectionOptions): ClientOptions {
  return {
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
    ...(isLoopback(address) ? { 'grpc.enable_http_proxy': 0 } : {}),
    ...(authority === undefined ? {} : { 'grpc.default_authority': authority, 'grpc.ssl_target_name_override': authority }),
  };
}
