// Asks the model iris over gRPC: node predict.mjs [ADDRESS] (npm install @grpc/grpc-js @grpc/proto-loader)
import { join } from 'node:path';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const proto = join(import.meta.dirname, '..', '..', 'proto', 'inference.proto');
const { inference } = loadPackageDefinition(loadSync(proto, { keepCase: true, longs: Number, includeDirs: [join(proto, '..')] }));
const client = new inference.GRPCInferenceService(process.argv[2] ?? 'localhost:8001', credentials.createInsecure());

const flower = Float32Array.of(5.1, 3.5, 1.4, 0.2); // length and width of sepal and petal, in cm
const request = {
  model_name: 'iris',
  inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 4] }],
  raw_input_contents: [Buffer.from(flower.buffer)],
};
client.ModelInfer(request, { deadline: Date.now() + 5000 }, (error, answer) => {
  client.close();
  if (error) throw error;
  const tensor = (name) => answer.raw_output_contents[answer.outputs.findIndex((output) => output.name === name)];
  const label = tensor('label').subarray(4).toString(); // a string has its length in front, in four bytes
  const bytes = tensor('probabilities');
  const probabilities = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
  console.log(label, Math.max(...probabilities).toFixed(3));
});
