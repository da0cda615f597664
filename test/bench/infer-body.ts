/** Canned bodies: every request of a load is the same bytes, made once, so that the client costs next to nothing. */
import { loadInferenceService } from '../../proto/load.js';
import type { BenchTensor } from './cases.js';

export const MODEL = 'bench';
export const INFER_PATH = '/inference.GRPCInferenceService/ModelInfer';

const PREFIX_BYTES = 5;

/** A gRPC message: one byte "not compressed", four bytes length, the message. */
export function makeGrpcBody(tensors: readonly BenchTensor[], model = MODEL): Buffer<ArrayBuffer> {
  const inputs = tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape: [...shape] }));
  const request = { model_name: model, inputs, raw_input_contents: tensors.map(({ bytes }) => Buffer.from(bytes.buffer)) };
  return frameMessage(loadInferenceService().ModelInfer.requestSerialize(request));
}

export function frameMessage(message: Uint8Array): Buffer<ArrayBuffer> {
  const framed = Buffer.alloc(PREFIX_BYTES + message.length);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX_BYTES);
  return framed;
}

/** Little-endian FP32 values of the first output; servers may answer raw or typed. */
export function readGrpcAnswer(body: Buffer): Float32Array {
  if (body.length < PREFIX_BYTES) throw new Error(`The answer has ${body.length} bytes, and a gRPC message has at least ${PREFIX_BYTES}`);
  const reply = loadInferenceService().ModelInfer.responseDeserialize(body.subarray(PREFIX_BYTES));
  const raw = reply.raw_output_contents[0];
  if (raw !== undefined) return toFloats(raw);
  const typed = reply.outputs[0]?.contents?.fp32_contents;
  if (typed === undefined) throw new Error('The answer has neither raw nor FP32 contents');
  return Float32Array.from(typed, Number);
}

export function toFloats(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
