/** ModelInfer and ModelStreamInfer: decode, run, encode. */
import type { Buffer } from 'node:buffer';
import { CallState } from '../core/call-state.js';
import { InferenceError } from '../core/inference-error.js';
import { encodeLoadReport, type LoadReport } from '../core/load-report.js';
import type { Dataplane } from '../dataplane/dataplane.js';
import type { InferResponse } from '../dataplane/inference-request.js';
import type { RequestRecord } from '../dataplane/request-record.js';
import type { RequestWatch } from '../dataplane/request-watch.js';
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
  readonly requests: RequestWatch;
  /** Absent: calls end without a load report. */
  readonly readLoad: ((model: string, version: string) => LoadReport) | undefined;
}

/** Of gRFC A51. */
const LOAD_TRAILER = 'endpoint-load-metrics-bin';

/** Requests of one stream that may wait or run; the client's next ones stay in its own window. */
const STREAM_IN_FLIGHT = 64;

export function newModelInfer({ dataplane, decode, onDecoded, requests, readLoad }: InferOptions): UnaryMethod {
  return {
    kind: 'unary',
    lendsMessage: true, // sessions' outputs are memory of their own, caches keep copies, and keys are hashes
    handle(message, call) {
      const record = requests.isOn ? begin(requests, message, call) : undefined;
      if (record !== undefined) call.onEnded = (code) => requests.end(record, code);
      const decoded = decode(message, (bytes) => call.reserve(bytes));
      onDecoded();
      record?.asked(decoded.request.model, decoded.request.version, decoded.id);
      const answer = run(dataplane, decoded, { call, remainingMs: call.remainingMs, record }).then((response) =>
        timed(response, () => decoded.encode(response), record),
      );
      if (readLoad === undefined) return answer;
      const { model, version } = decoded.request;
      return answer.finally(() => call.addTrailer(LOAD_TRAILER, encodeLoadReport(readLoad(model, version))));
    },
  };
}

function begin(requests: RequestWatch, message: Buffer, call: ServerCall): RequestRecord {
  const { metadata, path, peer } = call;
  const record = requests.begin({
    method: path,
    peer,
    traceParent: metadata.get('traceparent'),
    traceState: metadata.get('tracestate'),
    id: metadata.get('x-request-id'),
  });
  record.requestBytes = message.byteLength;
  return record;
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
  /** Of its last request. */
  #model = '';
  #version = '';

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
    const { readLoad } = this.options;
    if (readLoad !== undefined) this.call.addTrailer(LOAD_TRAILER, encodeLoadReport(readLoad(this.#model, this.#version)));
    this.call.end('OK');
  }

  onEnd(): void {
    for (const state of this.#running) state.abandon();
  }

  async #answer(message: Buffer): Promise<FramedMessage> {
    const { decode, onDecoded, requests } = this.options;
    const record = requests.isOn ? begin(requests, message, this.call) : undefined;
    let decoded: DecodedInfer;
    let reserved = 0;
    try {
      decoded = decode(message, (bytes) => {
        this.call.reserve(bytes);
        reserved = bytes;
      });
    } catch (error) {
      if (record !== undefined) requests.end(record, toRpcError(error).code);
      this.call.giveBack(reserved);
      // Not even its id is known: the stream cannot say which request failed, so it ends.
      throw error instanceof InferenceError ? toRpcError(error) : error;
    }
    onDecoded();
    this.#model = decoded.request.model;
    this.#version = decoded.request.version;
    record?.asked(this.#model, this.#version, decoded.id);
    return await this.#run(decoded, record).finally(() => this.call.giveBack(reserved));
  }

  async #run(decoded: DecodedInfer, record: RequestRecord | undefined): Promise<FramedMessage> {
    const { dataplane, requests } = this.options;
    const state = new CallState();
    this.#running.add(state);
    let code = 'OK';
    try {
      const response = await run(dataplane, decoded, { call: state, remainingMs: this.call.remainingMs, record });
      return timed(response, () => decoded.encodeStreamed(response), record);
    } catch (error) {
      if (isUnknown(error)) this.options.onUnknown(error);
      const told = toRpcError(error);
      code = told.code;
      return decoded.encodeStreamed({ errorMessage: told.message });
    } finally {
      this.#running.delete(state);
      if (record !== undefined) requests.end(record, code);
    }
  }
}

interface Asking {
  readonly call: CallState;
  readonly remainingMs: number | undefined;
  readonly record: RequestRecord | undefined;
}

function run(dataplane: Dataplane, { request }: DecodedInfer, { call, remainingMs, record }: Asking): Promise<InferResponse> {
  const { model, version, parameters, inputs, outputs } = request;
  const asked = { model, version, parameters, inputs, outputs, call };
  const watched = record === undefined ? asked : { ...asked, record };
  if (remainingMs === undefined) return dataplane.infer(watched);
  return dataplane.infer({ ...watched, deadlineSeconds: dataplane.options.monotonicSeconds() + remainingMs / 1000 });
}

/** `write` encodes the answer; its time is counted. */
function timed(response: InferResponse, write: () => FramedMessage, record: RequestRecord | undefined): FramedMessage {
  const began = performance.now();
  const encoded = write();
  const ended = performance.now();
  response.statistics.phases.encode.add((ended - began) / 1000);
  record?.encoded(began / 1000, ended / 1000, encoded.byteLength);
  return encoded;
}
