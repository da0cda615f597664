/** A client on grpc-js: one method after another, answers as plain values. */
import { type ChannelOptions, Client, type ClientDuplexStream, type ClientUnaryCall, credentials, type ServiceError } from '@grpc/grpc-js';
import type { ModelInferRequest } from '../../proto/gen/inference/ModelInferRequest.js';
import type { ModelInferResponse__Output } from '../../proto/gen/inference/ModelInferResponse.js';
import type { ModelStatistics__Output } from '../../proto/gen/inference/ModelStatistics.js';
import type { ModelStreamInferResponse__Output } from '../../proto/gen/inference/ModelStreamInferResponse.js';
import { loadInferenceService } from '../../proto/load.js';

const SERVICE = loadInferenceService();

export interface Ask {
  readonly model: string;
  readonly version?: string;
  readonly inputs: readonly AskInput[];
  readonly outputs?: readonly string[];
  readonly parameters?: ModelInferRequest['parameters'];
}

export interface AskInput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Bytes by output. */
export type Answer = Readonly<Record<string, Buffer>>;

export interface Going {
  readonly call: ClientUnaryCall;
  readonly answer: Promise<Answer>;
}

export class InferClient {
  readonly #client: Client;

  constructor(address: string, options: ChannelOptions = {}) {
    this.#client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1, ...options });
  }

  close(): void {
    this.#client.close();
  }

  /** Rejects with grpc-js' ServiceError: `code` and `details`. */
  async infer(ask: Ask): Promise<Answer> {
    return await this.begin(ask).answer;
  }

  begin(ask: Ask): Going {
    const { path, requestSerialize, responseDeserialize } = SERVICE.ModelInfer;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const settle = (error: ServiceError | null, response?: ModelInferResponse__Output): void =>
      response === undefined ? reject(error ?? new Error('There is neither an error nor an answer')) : resolve(toAnswer(response));
    const deadline = Date.now() + 30_000;
    return {
      call: this.#client.makeUnaryRequest(path, requestSerialize, responseDeserialize, toRequest(ask), { deadline }, settle),
      answer: promise,
    };
  }

  /** Of one version, which has to be there. */
  async statistics(name: string, version = '1'): Promise<ModelStatistics__Output> {
    const { path, requestSerialize, responseDeserialize } = SERVICE.ModelStatistics;
    return await new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { name, version }, (error, response) => {
        const [only] = response?.model_stats ?? [];
        if (only === undefined) reject(error ?? new Error(`There are no statistics of ${name}`));
        else resolve(only);
      });
    });
  }

  stream(): InferStream {
    const { path, requestSerialize, responseDeserialize } = SERVICE.ModelStreamInfer;
    return new InferStream(this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize));
  }
}

/** One request at a time over ModelStreamInfer. */
export class InferStream {
  /** How it ended. */
  readonly ended: Promise<{ readonly code: number; readonly details: string }>;
  #waiting: ((response: ModelStreamInferResponse__Output) => void) | undefined;

  constructor(readonly call: ClientDuplexStream<ModelInferRequest, ModelStreamInferResponse__Output>) {
    this.ended = new Promise((resolve) => call.on('status', ({ code, details }) => resolve({ code, details })));
    call.on('error', () => undefined); // `ended` says it
    call.on('data', (response: ModelStreamInferResponse__Output) => this.#waiting?.(response));
  }

  /** Rejects with the error_message of the answer, or with the status of a stream that ended. */
  async infer(ask: Ask): Promise<Answer> {
    const answered = new Promise<ModelStreamInferResponse__Output>((resolve) => {
      this.#waiting = resolve;
    });
    this.call.write(toRequest(ask));
    const first = await Promise.race([answered, this.ended]);
    if ('code' in first) throw new Error(`The stream ended with ${first.code} ${first.details}`);
    if (first.error_message !== '') throw new Error(first.error_message);
    if (first.infer_response === null || first.infer_response === undefined) throw new Error('The stream sent an empty answer');
    return toAnswer(first.infer_response);
  }
}

export function floats(name: string, shape: readonly number[], values: readonly number[]): AskInput {
  return { name, datatype: 'FP32', shape, data: new Uint8Array(Float32Array.from(values).buffer) };
}

export function readFloats(bytes: Buffer | undefined): number[] {
  return bytes === undefined ? [] : [...new Float32Array(Uint8Array.from(bytes).buffer)];
}

function toRequest({ model, version, inputs, outputs, parameters }: Ask): ModelInferRequest {
  return {
    model_name: model,
    inputs: inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape: [...shape] })),
    raw_input_contents: inputs.map(({ data }) => Buffer.from(data)),
    ...(version === undefined ? {} : { model_version: version }),
    ...(outputs === undefined ? {} : { outputs: outputs.map((name) => ({ name })) }),
    ...(parameters === undefined ? {} : { parameters }),
  };
}

function toAnswer({ outputs, raw_output_contents: raw }: ModelInferResponse__Output): Answer {
  return Object.fromEntries(outputs.map(({ name }, index) => [name, raw[index] ?? Buffer.alloc(0)]));
}
