/** ModelInfer and ModelStreamInfer: decode, run, encode. */
import type { Buffer } from 'node:buffer';
import { CallState } from '../core/call-state.js';
import { InferenceError } from '../core/inference-error.js';
import type { Dataplane } from '../dataplane/dataplane.js';
import type { InferResponse } from '../dataplane/inference-request.js';
import type { FramedMessage, StreamHandler, StreamMethod, UnaryMethod } from '../http2/method.js';
import type { ServerCall } from '../http2/server-call.js';
import type { DecodedInfer, InferDecoder } from './infer-codec.js';
import { isUnknown, toRpcError } from './status.js';

export interface InferOptions {
  readonly dataplane: Dataplane;
  readonly decode: InferDecoder;
  /** Every request that was decoded. */
  readonly onDecoded: () => void;
  readonly onUnknown: (error: unknown) => void;
}

/** Requests of one stream that may wait or run; the client's next ones stay in its own window. */
const STREAM_IN_FLIGHT = 64;

export function newModelInfer({ dataplane, decode, onDecoded }: InferOptions): UnaryMethod {
  return {
    kind: 'unary',
    handle(message, call) {
      const decoded = decode(message, (bytes) => call.reserve(bytes));
      onDecoded();
      return run(dataplane, decoded, { call, remainingMs: call.remainingMs }).then((response) => timed(response, decoded.encode));
    },
  };
}

/**
 * Answers come in the order of the requests, which run side by side. A request that fails is answered in its turn, with
 * error_message, and the stream goes on; as in Triton.
 */
export function newModelStreamInfer(options: InferOptions): StreamMethod {
  return { kind: 'stream', requests: 'many', maxInFlight: STREAM_IN_FLIGHT, open: (call) => new InferStream(call, options) };
}

class InferStream implements StreamHandler {
  readonly #running = new Set<CallState>();
  /** Settles when everything before has been answered. */
  #answered: Promise<void> = Promise.resolve();

  constructor(
    readonly call: ServerCall,
    readonly options: InferOptions,
  ) {}

  onMessage(message: Buffer): Promise<void> {
    const answer = this.#answer(message);
    const before = this.#answered;
    this.#answered = (async () => {
      const encoded = await answer;
      await before;
      this.call.send(encoded);
    })();
    return this.#answered;
  }

  onHalfClose(): void {
    this.call.end('OK');
  }

  onEnd(): void {
    for (const state of this.#running) state.abandon();
  }

  async #answer(message: Buffer): Promise<FramedMessage> {
    const { dataplane, decode, onDecoded } = this.options;
    let decoded: DecodedInfer;
    let reserved = 0;
    try {
      decoded = decode(message, (bytes) => {
        this.call.reserve(bytes);
        reserved = bytes;
      });
    } catch (error) {
      this.call.giveBack(reserved);
      // Not even its id is known: the stream cannot say which request failed, so it ends.
      throw error instanceof InferenceError ? toRpcError(error) : error;
    }
    onDecoded();
    const state = new CallState();
    this.#running.add(state);
    try {
      const response = await run(dataplane, decoded, { call: state, remainingMs: this.call.remainingMs });
      return timed(response, decoded.encodeStreamed);
    } catch (error) {
      if (isUnknown(error)) this.options.onUnknown(error);
      return decoded.encodeStreamed({ errorMessage: toRpcError(error).message });
    } finally {
      this.#running.delete(state);
      this.call.giveBack(reserved);
    }
  }
}

function run(
  dataplane: Dataplane,
  { request }: DecodedInfer,
  { call, remainingMs }: { call: CallState; remainingMs: number | undefined },
): Promise<InferResponse> {
  const { model, version, parameters, inputs, outputs } = request;
  const asked = { model, version, parameters, inputs, outputs, call };
  if (remainingMs === undefined) return dataplane.infer(asked);
  return dataplane.infer({ ...asked, deadlineSeconds: dataplane.options.monotonicSeconds() + remainingMs / 1000 });
}

function timed(response: InferResponse, encode: (response: InferResponse) => FramedMessage): FramedMessage {
  const began = performance.now();
  const encoded = encode(response);
  response.statistics.phases.encode.add((performance.now() - began) / 1000);
  return encoded;
}
