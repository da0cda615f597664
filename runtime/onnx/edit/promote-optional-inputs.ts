/**
 * An input with an initializer of its name may be left out by clients (IR version 4 and later). ONNX Runtime's Node binding does not list
 * such inputs and ignores, without a word, a value given for them: an answer would be computed from the default in place of what was sent.
 * So the initializer goes, the input becomes a plain one, and the server supplies the default when a request leaves it out.
 * Weights that an exporter listed among the inputs stay what they are: see weight-inputs.ts.
 */
import type { Tensor } from '../../core/tensor.js';
import type { OnnxDim, OnnxModel, OnnxType } from '../onnx-model.js';
import { readModel } from '../read-model.js';
import { readTensor } from '../read-tensor.js';
import { WIRE, WireReader } from '../wire-reader.js';
import { readDefault } from './read-default.js';
import { join, lengthDelimited, spliceMessage } from './splice.js';
import { findWhyWeights } from './weight-inputs.js';

/** What the server gives the model when a request leaves the input out. */
export type DefaultInput = Tensor;

export interface KeptInput {
  readonly name: string;
  /** A whole sentence. */
  readonly reason: string;
}

export interface PromoteResult {
  /** The bytes that came in, when nothing was to be promoted. */
  readonly bytes: Uint8Array;
  /** In the order of the graph's inputs. */
  readonly defaults: readonly DefaultInput[];
  /** Optional inputs that clients cannot send all the same: at most MAX_NAMED of them. */
  readonly kept: readonly KeptInput[];
}

const MAX_NAMED = 16;

const FIELD = { graph: 7, initializer: 5 } as const;

/** Throws OnnxFormatError when the bytes are no ONNX model. */
export function promoteOptionalInputs(bytes: Uint8Array): PromoteResult {
  const model = readModel(bytes);
  const listed = findListed(model);
  if (model.irVersion < 4 || listed.size === 0) return { bytes, defaults: [], kept: [] };
  const weights = findWhyWeights(model, new Set(listed.keys()));
  if (weights !== undefined) return { bytes, defaults: [], kept: [...listed.keys()].slice(0, MAX_NAMED).map((name) => ({ name, reason: weights })) };
  return promote(bytes, listed);
}

/** Inputs of the graph that have an initializer, with what the graph says of their type. */
function findListed(model: OnnxModel): ReadonlyMap<string, OnnxType | undefined> {
  const { initializers, sparseInitializers, inputs } = model.graph;
  const names = new Set([...initializers, ...sparseInitializers].map(({ name }) => name));
  return new Map(inputs.flatMap(({ name, type }) => (names.has(name) ? [[name, type] as const] : [])));
}

function promote(bytes: Uint8Array, listed: ReadonlyMap<string, OnnxType | undefined>): PromoteResult {
  const tensors = collectTensors(bytes, listed);
  const defaults: DefaultInput[] = [];
  const kept: KeptInput[] = [];
  for (const [name, type] of listed) {
    const found = readOne(tensors.get(name) ?? [], type);
    if (typeof found === 'string') kept.push({ name, reason: `The default of input "${name}" ${found}: it cannot be sent` });
    else defaults.push(found);
  }
  if (defaults.length === 0) return { bytes, defaults, kept };
  const names = new Set(defaults.map(({ name }) => name));
  const edited = spliceMessage(bytes, 'the model', (field, graph) =>
    field === FIELD.graph ? lengthDelimited(FIELD.graph, dropFrom(graph, names)) : undefined,
  );
  return { bytes: join(edited), defaults, kept };
}

function dropFrom(graph: Uint8Array, names: ReadonlySet<string>) {
  return spliceMessage(graph, 'the graph', (field, payload) => (field === FIELD.initializer && names.has(readTensor(payload).name) ? [] : undefined));
}

/** TensorProtos of the listed inputs by name, as they lie in the file, two at most; sparse ones are not among them. */
function collectTensors(bytes: Uint8Array, listed: ReadonlyMap<string, unknown>): ReadonlyMap<string, readonly Uint8Array[]> {
  const found = new Map<string, Uint8Array[]>();
  const model = new WireReader(bytes, 'the model');
  while (model.next()) {
    if (model.field !== FIELD.graph || model.wire !== WIRE.bytes) {
      model.skip();
      continue;
    }
    const graph = new WireReader(model.bytes(), 'the graph');
    while (graph.next()) {
      if (graph.field !== FIELD.initializer) {
        graph.skip();
        continue;
      }
      const payload = graph.bytes();
      const { name } = readTensor(payload);
      if (listed.has(name)) found.set(name, [...(found.get(name) ?? []).slice(0, 1), payload]);
    }
  }
  return found;
}

/** The default, or why the input stays as it is. */
function readOne(payloads: readonly Uint8Array[], type: OnnxType | undefined): DefaultInput | string {
  const [payload] = payloads;
  if (payload === undefined) return 'is sparse';
  if (payloads.length > 1) return 'is there more than once';
  if (type?.kind !== 'tensor') return 'belongs to an input without a tensor type';
  const { dataType, dims } = readTensor(payload);
  if (dataType !== type.elemType) return `is of ONNX type ${dataType}, and the input of ${type.elemType}`;
  if (type.shape !== undefined && !fits(dims, type.shape)) return `has the shape [${dims.join(',')}], which the input does not take`;
  return readDefault(payload);
}

function fits(dims: readonly number[], shape: readonly OnnxDim[]): boolean {
  return dims.length === shape.length && dims.every((dim, axis) => typeof shape[axis] !== 'number' || shape[axis] === dim);
}
