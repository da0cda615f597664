/**
 * Exports of scikit-learn, XGBoost and LightGBM end in ZipMap: a sequence of maps from label to probability, which no tensor protocol
 * carries. The map's node becomes an Identity that gives the same floats as a tensor [N, labels] under the same output name, so that
 * nothing has to be renamed; ONNX Runtime removes the Identity when it loads the model.
 */
import { ELEM, type OnnxDim, type OnnxModel, type OnnxNode } from '../onnx-model.js';
import { readNode } from '../read-graph.js';
import { readModel } from '../read-model.js';
import { readValueInfo } from '../read-type.js';
import { join, lengthDelimited, numberField, type Pieces, spliceMessage, textField } from './splice.js';

export interface StrippedZipMap {
  /** The output that was a sequence of maps and is a tensor now. */
  readonly output: string;
  /** What the tensor's columns stand for, in order: texts or whole numbers. */
  readonly labels: readonly string[] | readonly bigint[];
}

export interface StripResult {
  /** The bytes that came in, when nothing was to be stripped. */
  readonly bytes: Uint8Array;
  readonly stripped: readonly StrippedZipMap[];
}

const FIELD = { graph: 7, opset: 8, node: 1, output: 12 } as const;

/** Throws OnnxFormatError when the bytes are no ONNX model. */
export function stripZipMap(bytes: Uint8Array): StripResult {
  const model = readModel(bytes);
  const zipMaps = findZipMaps(model);
  if (zipMaps.size === 0) return { bytes, stripped: [] };
  const needsOpset = !model.opsets.has('');
  const opset = needsOpset ? lengthDelimited(FIELD.opset, [...textField(1, ''), ...numberField(2, 9)]) : [];
  const edited = spliceMessage(bytes, 'the model', (field, graph) => (field === FIELD.graph ? editGraph(graph, zipMaps) : undefined), opset);
  return { bytes: join(edited), stripped: [...zipMaps].map(([output, { labels }]) => ({ output, labels })) };
}

interface ZipMap {
  readonly input: string;
  readonly labels: StrippedZipMap['labels'];
  readonly shape: readonly OnnxDim[];
}

/** By output. A ZipMap whose maps other nodes read, or that is no output, stays. */
function findZipMaps(model: OnnxModel): ReadonlyMap<string, ZipMap> {
  const outputs = new Set(model.graph.outputs.map(({ name }) => name));
  const read = new Set(model.graph.nodes.flatMap(({ inputs }) => inputs));
  const found = new Map<string, ZipMap>();
  for (const node of model.graph.nodes) {
    const [input] = node.inputs;
    const [output] = node.outputs;
    if (!isZipMap(node) || input === undefined || output === undefined || !outputs.has(output) || read.has(output)) continue;
    const labels = labelsOf(node);
    found.set(output, { input, labels, shape: shapeOf(model, input, labels.length) });
  }
  return found;
}

function isZipMap(node: OnnxNode): boolean {
  return node.opType === 'ZipMap' && node.domain === 'ai.onnx.ml';
}

function labelsOf(node: OnnxNode): StrippedZipMap['labels'] {
  const texts = node.attributes.get('classlabels_strings')?.strings ?? [];
  return texts.length > 0 ? texts : (node.attributes.get('classlabels_int64s')?.ints ?? []);
}

/** What the file says of the tensor, or else any number of rows and one column per label. */
function shapeOf(model: OnnxModel, input: string, labels: number): readonly OnnxDim[] {
  const { valueInfo, outputs, inputs } = model.graph;
  const declared = [...valueInfo, ...outputs, ...inputs].find(({ name }) => name === input)?.type;
  if (declared?.kind === 'tensor' && declared.shape?.length === 2) return declared.shape;
  return [undefined, labels > 0 ? labels : undefined];
}

function editGraph(graph: Uint8Array, zipMaps: ReadonlyMap<string, ZipMap>): Pieces {
  const edited = spliceMessage(graph, 'the graph', (field, payload) => {
    if (field === FIELD.node) return editNode(payload, zipMaps);
    return field === FIELD.output ? editOutput(payload, zipMaps) : undefined;
  });
  return lengthDelimited(FIELD.graph, edited);
}

/** NodeProto: name and documentation stay; operator, domain and attributes go. */
function editNode(payload: Uint8Array, zipMaps: ReadonlyMap<string, ZipMap>): Pieces | undefined {
  const node = readNode(payload, 0);
  if (!isZipMap(node) || !zipMaps.has(node.outputs[0] ?? '')) return undefined;
  const identity = spliceMessage(payload, 'a node', (field) => ([4, 5, 7].includes(field) ? [] : undefined), textField(4, 'Identity'));
  return lengthDelimited(FIELD.node, identity);
}

/** ValueInfoProto: the type is replaced. */
function editOutput(payload: Uint8Array, zipMaps: ReadonlyMap<string, ZipMap>): Pieces | undefined {
  const zipMap = zipMaps.get(readValueInfo(payload).name);
  if (zipMap === undefined) return undefined;
  const edited = spliceMessage(payload, 'an output', (field) => (field === 2 ? [] : undefined), tensorType(zipMap.shape));
  return lengthDelimited(FIELD.output, edited);
}

/** ZipMap takes FP32 alone, so that is what its tensor is. */
function tensorType(shape: readonly OnnxDim[], elemType: number = ELEM.FLOAT): Pieces {
  const dims = shape.flatMap((dim) => {
    const value = typeof dim === 'number' ? numberField(1, dim) : dim === undefined ? [] : textField(2, dim);
    return lengthDelimited(1, value);
  });
  const tensor = [...numberField(1, elemType), ...lengthDelimited(2, dims)];
  return lengthDelimited(2, lengthDelimited(1, tensor));
}
