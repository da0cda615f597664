/** The server's HTTP calls as an OpenAPI 3.1 document, with a path and the exact tensors for every model that is loaded. */
import type { Datatype } from '../core/datatype.js';
import type { TensorSpec } from '../core/signature.js';
import type { ModelMetadata } from '../dataplane/dataplane.js';

type Json = Readonly<Record<string, unknown>>;

const ELEMENT_TYPES: Readonly<Record<Datatype, string>> = {
  BOOL: 'boolean',
  UINT8: 'integer',
  UINT16: 'integer',
  UINT32: 'integer',
  UINT64: 'integer',
  INT8: 'integer',
  INT16: 'integer',
  INT32: 'integer',
  INT64: 'integer',
  FP16: 'number',
  FP32: 'number',
  FP64: 'number',
  BYTES: 'string',
};

const ERROR = describeBody('What is wrong, and how to mend it', { type: 'object', required: ['error'], properties: { error: { type: 'string' } } });

export function computeOpenApi(serverVersion: string, models: readonly ModelMetadata[]): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Slipway: Open Inference Protocol v2',
      version: serverVersion,
      description: 'Inference over HTTP. The same protocol is spoken over gRPC on another port.',
    },
    paths: Object.fromEntries([...SERVER_PATHS, ...models.flatMap(describeModel)]),
  };
}

const SERVER_PATHS: readonly (readonly [string, Json])[] = [
  ['/v2', get('Name, version and extensions of the server')],
  ['/v2/health/live', get('Whether the process answers')],
  ['/v2/health/ready', get('Whether every model is ready (503 when not)')],
  ['/v2/models', get('Names of the models')],
  ['/v2/models/stats', get('What every model has done')],
];

function describeModel(model: ModelMetadata): [string, Json][] {
  const path = `/v2/models/${encodeURIComponent(model.name)}`;
  const of = `of ${model.name}`;
  return [
    [path, get(`Versions, inputs and outputs ${of}`)],
    [`${path}/ready`, get(`Whether ${model.name} is ready (503 when not)`)],
    [`${path}/config`, get(`Configuration ${of}, in Triton's words`)],
    [`${path}/stats`, get(`What ${model.name} has done`)],
    [`${path}/infer`, { post: describeInfer(model) }],
  ];
}

function describeInfer({ name, signature }: ModelMetadata): Json {
  const example = { inputs: signature.inputs.filter((input) => input.default === undefined).map(makeExample) };
  const request = {
    type: 'object',
    required: ['inputs'],
    properties: { id: { type: 'string' }, parameters: { type: 'object' }, inputs: describeTensors(signature.inputs) },
  };
  const answer = {
    type: 'object',
    properties: {
      id: { type: 'string' },
      model_name: { const: name },
      model_version: { type: 'string' },
      outputs: describeTensors(signature.outputs),
    },
  };
  return {
    summary: `Runs ${name}`,
    requestBody: { required: true, content: { 'application/json': { schema: request, example } } },
    responses: { 200: describeBody('The outputs', answer), default: ERROR },
  };
}

/** One of these for each tensor, in any order. */
function describeTensors(specs: readonly TensorSpec[]): Json {
  return { type: 'array', items: { oneOf: specs.map(describeTensor) } };
}

function describeTensor({ name, datatype, shape }: TensorSpec): Json {
  const dimensions = shape.map((size) => (size < 0 ? { type: 'integer', minimum: 0 } : { const: size }));
  return {
    type: 'object',
    required: ['name', 'datatype', 'shape'],
    properties: {
      name: { const: name },
      datatype: { const: datatype },
      shape: { type: 'array', prefixItems: dimensions, minItems: shape.length, maxItems: shape.length },
      data: { type: 'array', description: 'Row-major, flat or nested', items: { type: [ELEMENT_TYPES[datatype], 'array'] } },
    },
  };
}

/** One row of zeros; long tensors without their data, which nobody would read. */
function makeExample({ name, datatype, shape }: TensorSpec): Json {
  const sizes = shape.map((size) => Math.max(1, size));
  const count = sizes.reduce((product, size) => product * size, 1);
  const zero = ELEMENT_TYPES[datatype] === 'string' ? 'text' : ELEMENT_TYPES[datatype] === 'boolean' ? false : 0;
  return { name, datatype, shape: sizes, data: count > 64 ? [] : new Array(count).fill(zero) };
}

function get(summary: string): Json {
  return { get: { summary, responses: { 200: describeBody(summary, {}), default: ERROR } } };
}

function describeBody(description: string, schema: Json): Json {
  return { description, content: { 'application/json': { schema } } };
}
