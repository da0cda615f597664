/** Calls the classifier "upright" (is a line of text upside down?) and returns the version that answered. */
import { join } from 'node:path';
import { credentials, type GrpcObject, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ProtoGrpcType } from '../../proto/gen/inference.js';
import { findProtoFolder } from '../../proto/load.js';
import { PROTO_OPTIONS } from '../../proto/options.js';

const SHAPE = [1, 3, 48, 192];
const DEADLINE_MS = 20_000;

export interface UprightClient {
  /** Rejects on any failure, a wrong number of output bytes included. */
  infer(model: string): Promise<string>;
  close(): void;
}

export function newUprightClient(address: string): UprightClient {
  const definition: GrpcObject | ServiceClientConstructor = loadPackageDefinition(
    loadSync(join(findProtoFolder(), 'inference.proto'), PROTO_OPTIONS),
  );
  const proto = definition as unknown as ProtoGrpcType;
  const client = new proto.inference.GRPCInferenceService(address, credentials.createInsecure());
  const values = Float32Array.from({ length: SHAPE.reduce((product, size) => product * size) }, (_, index) => Math.sin(index));
  const inputs = [{ name: 'x', datatype: 'FP32', shape: SHAPE }];
  return {
    infer: (model) =>
      new Promise((resolve, reject) => {
        const request = { model_name: model, inputs, raw_input_contents: [new Uint8Array(values.buffer)] };
        client.ModelInfer(request, { deadline: Date.now() + DEADLINE_MS }, (error, reply) => {
          if (error) return reject(error);
          const bytes = reply?.raw_output_contents[0]?.length;
          if (reply === undefined || bytes !== 8) return reject(new Error(`${model} answered ${bytes ?? 'no'} bytes instead of 8: two FP32`));
          resolve(reply.model_version);
        });
      }),
    close: () => client.close(),
  };
}
