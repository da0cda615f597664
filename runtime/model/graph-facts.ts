/** What a model's graph says before ONNX Runtime sees it: what has to be rewritten, and whether requests may share a run. */
import { readFile, stat } from 'node:fs/promises';
import { LoadError } from '../core/load-error.js';
import type { Tensor } from '../core/tensor.js';
import { dropOtherOutputs } from '../onnx/edit/drop-other-outputs.js';
import { promoteOptionalInputs } from '../onnx/edit/promote-optional-inputs.js';
import { stripZipMap } from '../onnx/edit/strip-zip-map.js';
import { widenBf16 } from '../onnx/edit/widen-bf16.js';
import { findCustomOps } from '../onnx/inspect/custom-ops.js';
import { type EmptyTensorFacts, findEmptyTensorFacts } from '../onnx/inspect/empty-tensors.js';
import { listExternalData } from '../onnx/inspect/external-data.js';
import { findRequiredInputs, findSequenceMask, type SequenceMask } from '../onnx/inspect/inputs.js';
import { findNonDeterministicOps } from '../onnx/inspect/non-deterministic-ops.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { readModel } from '../onnx/read-model.js';
import { proveRowIndependence } from '../onnx/rows/prove-row-independence.js';
import { OnnxFormatError } from '../onnx/wire-reader.js';

/** Per tensor by name: the axis of the rows; undefined where it has none. */
export type RowAxes = ReadonlyMap<string, number | undefined>;

export interface GraphFacts {
  /** In place of the file, when the graph was rewritten. */
  readonly bytes?: Uint8Array;
  /** Names of classes by output, as the exporter wrote them into the model. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** Undefined: requests may not share a run, and `why` says why. */
  readonly rowAxes?: { readonly inputs: RowAxes; readonly outputs: RowAxes };
  readonly why: string;
  readonly mask?: SequenceMask;
  /** Inputs that clients may leave out, with what then takes their place. */
  readonly defaults: readonly Tensor[];
  /** What may give other outputs for the same inputs; undefined: nothing does. */
  readonly varying: string | undefined;
  /** Whether it may run on tensors without elements. */
  readonly empty: EmptyTensorFacts;
  /** What was done to the graph, for the log. */
  readonly edits: readonly string[];
}

/** Larger files are loaded as they are: reading them whole would cost their size in memory once more. */
const MAX_GRAPH_BYTES = 1024 * 1024 * 1024;

/** Rejects with LoadError for what can never be served. What only we cannot read is left to ONNX Runtime. */
export async function readGraphFacts(path: string): Promise<GraphFacts> {
  const { size } = await stat(path).catch((cause: Error) => {
    throw new LoadError('MODEL_INVALID', 'load', `The model file cannot be read: ${cause.message}`, { cause });
  });
  if (size > MAX_GRAPH_BYTES) return newUnknown(`the model file has ${size} bytes, more than the ${MAX_GRAPH_BYTES} of which the graph is read`);
  try {
    return computeGraphFacts(await readFile(path));
  } catch (error) {
    if (error instanceof OnnxFormatError) return newUnknown(`the graph could not be read: ${error.message}`);
    throw error;
  }
}

/** Throws OnnxFormatError, or LoadError. */
export function computeGraphFacts(file: Uint8Array): GraphFacts {
  const { bytes: plain, stripped } = stripZipMap(file);
  const tensors = dropOtherOutputs(plain);
  const promoted = promoteOptionalInputs(tensors.bytes);
  const { bytes, inputs, outputs, kept } = widenBf16(promoted.bytes);
  const model = readModel(bytes);
  refuse(model);
  const labels = new Map(stripped.map(({ output, labels: names }) => [output, names.map(String)]));
  const edits = [
    ...stripped.map(({ output }) => `output "${output}" was a sequence of maps (ZipMap) and is a tensor now`),
    ...tensors.dropped.map(({ name, kind }) => `output "${name}" is a ${kind}, which the protocol cannot carry: it is not served`),
    ...[...inputs, ...outputs].map((name) => `"${name}" is BF16 in the model and FP32 for clients`),
    ...[...promoted.kept, ...kept].map(({ name, reason }) => `"${name}" stays as the model has it: ${reason}`),
  ];
  const mask = findSequenceMask(model);
  return {
    labels,
    edits,
    defaults: promoted.defaults,
    varying: describeVarying(model),
    empty: findEmptyTensorFacts(model),
    ...(bytes === file ? {} : { bytes }),
    ...(mask === undefined ? {} : { mask }),
    ...prove(model),
  };
}

function prove(model: OnnxModel): Pick<GraphFacts, 'rowAxes' | 'why'> {
  const proof = proveRowIndependence(model);
  if (!proof.independent) {
    const where =
      proof.op === undefined ? '' : ` (operator ${proof.op}${proof.node === undefined || proof.node === '' ? '' : `, node "${proof.node}"`})`;
    return { why: `${proof.why}${where}` };
  }
  const inputs = new Map(findRequiredInputs(model).map(({ name }, index) => [name, proof.inputAxes[index]]));
  const outputs = new Map(model.graph.outputs.map(({ name }, index) => [name, proof.outputAxes[index]]));
  return { rowAxes: { inputs, outputs }, why: 'the graph computes each row by itself' };
}

function describeVarying(model: OnnxModel): string | undefined {
  const [first, ...others] = findNonDeterministicOps(model);
  if (first === undefined) return undefined;
  const name = first.node === '' ? first.opType : `${first.opType} (node "${first.node}")`;
  return others.length === 0 ? name : `${name}, with ${others.length} more,`;
}

function refuse(model: OnnxModel): void {
  listExternalData(model); // throws on paths that leave the folder
  const custom = findCustomOps(model);
  if (custom.length === 0) return;
  const names = custom.slice(0, 8).map(({ domain, opType, count }) => `${domain}.${opType}${count > 1 ? ` (${count} times)` : ''}`);
  const message = `The model uses custom operators, which ONNX Runtime's Node binding cannot load: ${names.join(', ')}. Export it with operators of ONNX or com.microsoft only`;
  throw new LoadError('OP_UNSUPPORTED', 'load', message);
}

function newUnknown(why: string): GraphFacts {
  const empty = { risk: 'of a graph that was not read', inside: undefined };
  return { labels: new Map(), why, varying: 'the graph, which was not read,', empty, edits: [], defaults: [] };
}
