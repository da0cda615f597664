/**
 * ModelInfer's bytes ↔ the dataplane's requests, in two ways that answer alike: `hot` reads and writes the few messages that
 * matter by hand, `general` goes through proto-loader's objects like every other call.
 */
import type { Buffer } from 'node:buffer';
import type { loadInferenceService } from '../../proto/load.js';
import type { InferRequest, InferResponse } from '../dataplane/inference-request.js';
import { type FramedMessage, frameMessage } from '../http2/method.js';
import { decodeInferRequest, type WireInferRequest } from '../wire/infer-request.js';
import { encodeInferResponse, encodeStreamResponse } from '../wire/infer-response.js';
import { decodeInferRequest as decodeObject, encodeInferResponse as encodeObject } from './codec.js';
import { parseMessage } from './parse-message.js';

export const INFER_PATHS = ['hot', 'general'] as const;
export type InferPath = (typeof INFER_PATHS)[number];

/** What is left of a request once it is decoded: how to run it and how to answer it. */
export interface DecodedInfer {
  readonly request: Omit<InferRequest, 'call'>;
  readonly id: string;
  /** Triton's parameter of that name: streams then mark their last answer. */
  readonly wantsFinalMark: boolean;
  encode(response: InferResponse): FramedMessage;
  /** As a message of ModelStreamInfer. */
  encodeStreamed(result: InferResponse | { readonly errorMessage: string }): FramedMessage;
}

/** Throws InferenceError, or RpcError for what is no message. `reserve` hears of memory that it takes beyond the message, and may throw. */
export type InferDecoder = (message: Buffer, reserve?: (bytes: number) => void) => DecodedInfer;

const FINAL_MARK = 'triton_final_response';
const WANTS_FINAL_MARK = 'triton_enable_empty_final_response';
const FINAL: ReadonlyMap<string, boolean> = new Map([[FINAL_MARK, true]]);

export function decodeHot(message: Buffer, reserve?: (bytes: number) => void): DecodedInfer {
  return new HotInfer(decodeInferRequest(message, reserve));
}

class HotInfer implements DecodedInfer {
  constructor(readonly request: WireInferRequest) {}

  get id(): string {
    return this.request.id;
  }

  get wantsFinalMark(): boolean {
    return this.request.parameters.get(WANTS_FINAL_MARK) === true;
  }

  encode(response: InferResponse): FramedMessage {
    return encodeInferResponse(response, this.request);
  }

  encodeStreamed(result: InferResponse | { readonly errorMessage: string }): FramedMessage {
    return encodeStreamResponse('errorMessage' in result || !this.wantsFinalMark ? result : { ...result, parameters: FINAL }, this.request);
  }
}

export function newGeneralDecoder(service: ReturnType<typeof loadInferenceService>): InferDecoder {
  const { ModelInfer, ModelStreamInfer } = service;
  return (message) => {
    const decoded = parseMessage(ModelInfer.requestDeserialize, message);
    const wantsFinalMark = decoded.parameters[WANTS_FINAL_MARK]?.bool_param === true;
    const final = wantsFinalMark ? { parameters: { [FINAL_MARK]: { bool_param: true } } } : {};
    return {
      request: decodeObject(decoded),
      id: decoded.id,
      wantsFinalMark,
      encode: (response) => frameMessage(ModelInfer.responseSerialize(encodeObject(response, decoded))),
      encodeStreamed: (result) =>
        frameMessage(
          ModelStreamInfer.responseSerialize(
            'errorMessage' in result
              ? { error_message: result.errorMessage, ...(decoded.id === '' ? {} : { infer_response: { id: decoded.id } }) }
              : { infer_response: { ...encodeObject(result, decoded), ...final } },
          ),
        ),
    };
  };
}
