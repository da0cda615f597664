/**
 * What a good engineer writes in an hour: grpc-js, proto-loader, `await session.run`, no batching. The server that ours is
 * compared with. Arguments: port, model, threads.
 */
import { type handleUnaryCall, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ModelInferRequest__Output } from '../../proto/gen/inference/ModelInferRequest.js';
import type { ModelInferResponse } from '../../proto/gen/inference/ModelInferResponse.js';
import { loadInferenceService } from '../../proto/load.js';

const [port = '8001', modelPath = '', threads = '1'] = process.argv.slice(2);
const session = await InferenceSession.create(modelPath, { intraOpNumThreads: Number(threads), logSeverityLevel: 4 });

const ModelInfer: handleUnaryCall<ModelInferRequest__Output, ModelInferResponse> = async (call, callback) => {
  try {
    const { model_name, id, inputs, raw_input_contents } = call.request;
    const feeds = Object.fromEntries(inputs.map(({ name, datatype, shape }, index) => [name, toTensor(datatype, shape, raw_input_contents[index])]));
    const outputs = await session.run(feeds);
    const tensors = session.outputNames.flatMap((name) => (outputs[name] === undefined ? [] : [{ name, tensor: outputs[name] }]));
    callback(null, {
      model_name,
      id,
      outputs: tensors.map(({ name, tensor }) => ({ name, datatype: 'FP32', shape: [...tensor.dims] })),
      raw_output_contents: tensors.map(({ tensor }) => toBytes(tensor)),
    });
  } catch (error) {
    callback({ code: status.INVALID_ARGUMENT, details: String(error) });
  }
};

const server = new Server({ 'grpc.max_receive_message_length': -1 });
const { ModelInfer: definition } = loadInferenceService();
server.addService({ ModelInfer: definition }, { ModelInfer });
server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
});

/** Copied, because protobuf's bytes lie at any offset. */
function toTensor(datatype: string, shape: readonly (string | number)[], bytes: Uint8Array | undefined): Tensor {
  if (bytes === undefined) throw new Error('Only raw inputs are known');
  const { buffer } = Uint8Array.from(bytes);
  const dims = shape.map(Number);
  return datatype === 'INT64' ? new Tensor('int64', new BigInt64Array(buffer), dims) : new Tensor('float32', new Float32Array(buffer), dims);
}

function toBytes({ data }: Tensor): Buffer {
  if (!(data instanceof Float32Array)) throw new Error('Only FP32 outputs are known');
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
