/** The smallest client that can keep the runtime busy: raw FP32 in, raw out. */

import { join } from 'node:path';
import { credentials, type GrpcObject, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { GRPCInferenceServiceClient } from '../../proto/gen/inference/GRPCInferenceService.js';
import type { ProtoGrpcType } from '../../proto/gen/inference.js';
import { findProtoFolder } from '../../proto/load.js';
import { PROTO_OPTIONS } from '../../proto/options.js';

export interface BenchInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

export class InferClient {
  readonly #client: GRPCInferenceServiceClient;

  constructor(address: string) {
    const definition: GrpcObject | ServiceClientConstructor = loadPackageDefinition(
      loadSync(join(findProtoFolder(), 'inference.proto'), PROTO_OPTIONS),
    );
    const proto = definition as unknown as ProtoGrpcType;
    const unlimited = { 'grpc.max_receive_message_length': -1 };
    this.#client = new proto.inference.GRPCInferenceService(address, credentials.createInsecure(), unlimited);
  }

  /** Bytes of the first output. */
  infer(model: string, input: BenchInput): Promise<Uint8Array> {
    const { name, shape, values } = input;
    const request = {
      model_name: model,
      inputs: [{ name, datatype: 'FP32', shape: [...shape] }],
      raw_input_contents: [new Uint8Array(values.buffer)],
    };
    return new Promise((resolve, reject) => {
      this.#client.ModelInfer(request, (error, reply) => {
        const output = reply?.raw_output_contents[0];
        if (error) reject(error);
        else if (output === undefined) reject(new Error(`${model} answered without an output`));
        else resolve(output);
      });
    });
  }

  close(): void {
    this.#client.close();
  }
}
