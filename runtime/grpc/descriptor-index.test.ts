import { expect, test } from '@jest/globals';
import { loadFileDescriptors } from '../../proto/load.js';
import { describeFile } from './descriptor-index.js';

const files = loadFileDescriptors().map(describeFile);

test('one file per package, with its services', () => {
  expect(files.map(({ name, services }) => [name, services])).toEqual([
    ['inference.proto', ['inference.GRPCInferenceService']],
    ['grpc_health_v1.proto', ['grpc.health.v1.Health']],
    ['grpc_reflection_v1.proto', ['grpc.reflection.v1.ServerReflection']],
  ]);
});

test('messages within messages, enums and methods are symbols', () => {
  expect(files.flatMap((file) => file.symbols)).toEqual(
    expect.arrayContaining([
      'inference.ModelInferRequest.InferInputTensor',
      'inference.GRPCInferenceService.ModelInfer',
      'grpc.health.v1.HealthCheckResponse.ServingStatus',
    ]),
  );
});

test('hidden messages of maps have the names that protoc gives them', () => {
  const [inference] = files;
  expect(inference?.symbols).toEqual(
    expect.arrayContaining(['inference.ModelMetadataResponse.PropertiesEntry', 'inference.ModelInferRequest.InferInputTensor.ParametersEntry']),
  );
  expect(inference?.symbols).not.toContain('inference.ModelMetadataResponse.Properties');
});

test('fields have the json_name that protoc gives them, and no other', () => {
  const bytes = Buffer.concat(files.map((file) => file.bytes));
  const hasField10 = (text: string): boolean => bytes.includes(Buffer.concat([Buffer.of((10 << 3) | 2, text.length), Buffer.from(text)]));
  expect(['modelName', 'fp32Contents', 'id', 'model_name', 'fp32_contents'].map(hasField10)).toEqual([true, true, true, false, false]);
});
