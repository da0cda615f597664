/**
 * Neither the Open Inference Protocol's typed contents nor ONNX Runtime's Node binding has BF16, while every BF16 is an FP32: the first 16
 * of its bits. So inputs and outputs of that type become FP32 under their own names, with a Cast behind each input and before each output;
 * inside, the graph computes in BF16 as it did. What is sent is rounded to the nearest BF16, what comes back is exact.
 */

import { findBf16 } from '../inspect/inputs.js';
import { ELEM, type OnnxGraph, type OnnxModel } from '../onnx-model.js';
import { readModel, walkNodes } from '../read-model.js';
import { readValueInfo } from '../read-type.js';
import { definedIn, type Renames, renameInNode, renameText } from './rename-values.js';
import { join, lengthDelimited, numberField, type Pieces, spliceMessage, textField, withNumber } from './splice.js';

export interface KeptBf16 {
  readonly name: string;
  /** A whole sentence. */
  readonly reason: string;
}

export interface WidenResult {
  /** The bytes that came in, when nothing was widened. */
  readonly bytes: Uint8Array;
  /** Inputs and outputs that were BF16 and are FP32 now. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What stays BF16 and cannot be served. Inputs with a default are not among them: ONNX Runtime does not ask for them. */
  readonly kept: readonly KeptBf16[];
}

const FIELD = { graph: 7, opset: 8, node: 1, input: 11, output: 12, valueInfo: 13 } as const;
/** The first whose Cast knows BF16. */
const LEAST_OPSET = 13;

/** Throws OnnxFormatError when the bytes are no ONNX model. */
export function widenBf16(bytes: Uint8Array): WidenResult {
  const model = readModel(bytes);
  const { inputs, outputs, kept } = choose(model);
  if (inputs.length + outputs.length === 0) return { bytes, inputs, outputs, kept };
  const renames = newNames(model, [...inputs, ...outputs]);
  const plan: Plan = { renames, inputs: new Set(inputs), outputs: new Set(outputs) };
  const opset = model.opsets.has('') ? [] : lengthDelimited(FIELD.opset, [...textField(1, ''), ...numberField(2, LEAST_OPSET)]);
  const edited = spliceMessage(
    bytes,
    'the model',
    (field, graph) => (field === FIELD.graph ? lengthDelimited(FIELD.graph, editGraph(graph, plan)) : undefined),
    opset,
  );
  return { bytes: join(edited), inputs, outputs, kept };
}

interface Plan {
  /** From the name that clients use to that of the BF16 inside. */
  readonly renames: Renames;
  readonly inputs: ReadonlySet<string>;
  readonly outputs: ReadonlySet<string>;
}

function choose(model: OnnxModel): Omit<WidenResult, 'bytes'> {
  const { graph } = model;
  const optional = new Set([...graph.initializers, ...graph.sparseInitializers].map(({ name }) => name));
  const found = findBf16(model);
  const inputs = found.inputs.filter((name) => !optional.has(name));
  const kept = [...inputs, ...found.outputs].flatMap((name) => {
    const reason = sayWhyNot(model, name, inputs.includes(name));
    return reason === undefined ? [] : [{ name, reason: `"${name}" is BF16 and cannot be made FP32: ${reason}` }];
  });
  const stays = new Set(kept.map(({ name }) => name));
  return {
    inputs: inputs.filter((name) => !stays.has(name)),
    outputs: found.outputs.filter((name) => !stays.has(name)),
    kept: kept.filter(({ name }, index) => kept.findIndex((other) => other.name === name) === index),
  };
}

function sayWhyNot({ graph, opsets }: OnnxModel, name: string, isInput: boolean): string | undefined {
  const opset = opsets.get('') ?? LEAST_OPSET;
  if (opset < LEAST_OPSET) return `Cast has no BF16 before opset ${LEAST_OPSET}, and the model has opset ${opset}`;
  if (isInput && graph.outputs.some((output) => output.name === name)) return 'it is input and output at once';
  if (!isInput && !graph.nodes.some(({ outputs }) => outputs.includes(name))) return 'no node computes it';
  return isGivenBack(graph, name) ? 'a subgraph gives it back as its own output' : undefined;
}

/** Whether a subgraph names a value of the graphs around as its output: there, no node could be told another name. */
function isGivenBack(graph: OnnxGraph, name: string): boolean {
  return graph.nodes.some(({ attributes }) =>
    [...attributes.values()].some((attribute) =>
      attribute.graphs().some((inner) => {
        if (definedIn(inner).has(name)) return false;
        return inner.outputs.some((output) => output.name === name) || isGivenBack(inner, name);
      }),
    ),
  );
}

/** `x/bf16`, or with more of it where the model has that name already. */
function newNames(model: OnnxModel, names: readonly string[]): Renames {
  const { graph } = model;
  const taken = new Set([...graph.inputs, ...graph.outputs, ...graph.initializers, ...graph.sparseInitializers].map(({ name }) => name));
  for (const { inputs, outputs } of walkNodes(model)) for (const name of [...inputs, ...outputs]) taken.add(name);
  const renames = new Map<string, string>();
  for (const name of names) {
    let renamed = `${name}/bf16`;
    while (taken.has(renamed)) renamed += '/bf16';
    taken.add(renamed);
    renames.set(name, renamed);
  }
  return renames;
}

/** Nodes stand in the order in which they run: casts of inputs come before the first, casts of outputs after the last. */
function editGraph(graph: Uint8Array, plan: Plan): Pieces {
  let isFirst = true;
  const { renames, inputs, outputs } = plan;
  const edit = (field: number, payload: Uint8Array): Pieces | undefined => {
    if (field === FIELD.input) return widenValue(field, payload, inputs);
    if (field === FIELD.output) return widenValue(field, payload, outputs);
    if (field === FIELD.valueInfo) return renameValue(payload, renames);
    if (field !== FIELD.node) return undefined;
    const casts = isFirst ? [...inputs].flatMap((name) => cast({ from: name, to: renames.get(name) ?? name, elemType: ELEM.BFLOAT16 })) : [];
    isFirst = false;
    const node = renameInNode(payload, renames);
    return node === undefined && casts.length === 0 ? undefined : [...casts, ...lengthDelimited(field, node ?? [payload])];
  };
  const after = [...outputs].flatMap((name) => cast({ from: renames.get(name) ?? name, to: name, elemType: ELEM.FLOAT }));
  return spliceMessage(graph, 'the graph', edit, after);
}

/** What the file says of a value inside holds for the BF16. */
function renameValue(payload: Uint8Array, renames: Renames): Pieces | undefined {
  if (!renames.has(readValueInfo(payload).name)) return undefined;
  return lengthDelimited(
    FIELD.valueInfo,
    spliceMessage(payload, 'a value', (field, bytes) => (field === 1 ? renameText(field, bytes, renames) : undefined)),
  );
}

/** ValueInfoProto → TypeProto → its tensor's element type. */
function widenValue(field: number, payload: Uint8Array, names: ReadonlySet<string>): Pieces | undefined {
  if (!names.has(readValueInfo(payload).name)) return undefined;
  const value = spliceMessage(payload, 'a value', (own, type) => {
    if (own !== 2) return undefined;
    const widened = spliceMessage(type, 'a type', (kind, tensor) =>
      kind === 1 ? lengthDelimited(1, withNumber(tensor, 'a tensor type', { field: 1, value: ELEM.FLOAT })) : undefined,
    );
    return lengthDelimited(2, widened);
  });
  return lengthDelimited(field, value);
}

/** A field `node` of GraphProto; the attribute's type 2 is INT. */
function cast({ from, to, elemType }: { readonly from: string; readonly to: string; readonly elemType: number }): Pieces {
  const attribute = [...textField(1, 'to'), ...numberField(3, elemType), ...numberField(20, 2)];
  const texts = [...textField(1, from), ...textField(2, to), ...textField(3, `${from} to ${to}`), ...textField(4, 'Cast')];
  return lengthDelimited(FIELD.node, [...texts, ...lengthDelimited(5, attribute)]);
}
