/**
 * What becomes of a request with an input that has no elements, such as one of zero rows: run where every operator of the
 * model is known to take that, answered without a run where rows are independent, else refused. Some kernels of ONNX Runtime
 * divide by a size and take the process with them (docs/adr/0031).
 */
import { invalidArgument } from './inference-error.js';
import type { ModelSignature } from './signature.js';
import { formatShape, type Tensor } from './tensor.js';

export interface EmptyPolicy {
  /** Operator that may not survive; undefined: all are known to. */
  readonly risk: string | undefined;
  /** By name: the axis of the rows, undefined for a tensor without one. Absent: rows are not proven to be independent. */
  readonly rowAxes?: { readonly inputs: ReadonlyMap<string, number | undefined>; readonly outputs: ReadonlyMap<string, number | undefined> };
}

export interface EmptyQuestion {
  readonly model: string;
  readonly signature: ModelSignature;
  /** Checked against the signature. */
  readonly inputs: readonly Tensor[];
  /** Names of the outputs asked for. */
  readonly outputs: readonly string[];
  /** The model keeps something from request to request: it has to hear of this one. */
  readonly hasState: boolean;
}

/**
 * The answer, or undefined: run it. Throws InferenceError INVALID_ARGUMENT.
 * Worked example: y [n,3] from x [n,4], rows independent: x [0,4] is answered with y [0,3]; x [2,0] cannot be.
 */
export function answerEmpty(policy: EmptyPolicy, question: EmptyQuestion): readonly Tensor[] | undefined {
  const empty = question.inputs.find(({ shape }) => shape.includes(0));
  if (empty === undefined) return undefined;
  const answer = question.hasState ? undefined : computeEmptyAnswer(policy, question);
  if (answer !== undefined) return answer;
  if (policy.risk === undefined) return undefined;
  throw newRefusal(policy.risk, question.model, empty);
}

/** Zero rows in, zero rows out: only where nothing but the number of rows is 0 and every other size of the outputs is known. */
function computeEmptyAnswer({ rowAxes }: EmptyPolicy, { signature, inputs, outputs }: EmptyQuestion): readonly Tensor[] | undefined {
  if (rowAxes === undefined) return undefined;
  for (const { name, shape } of inputs) {
    const axis = rowAxes.inputs.get(name);
    if (shape.some((size, dimension) => (size === 0) !== (dimension === axis))) return undefined;
  }
  const answer: Tensor[] = [];
  for (const name of outputs) {
    const spec = signature.outputs.find((output) => output.name === name);
    const axis = rowAxes.outputs.get(name);
    if (spec === undefined || axis === undefined || axis >= spec.shape.length) return undefined;
    const shape = spec.shape.map((size, dimension) => (dimension === axis ? 0 : size));
    if (shape.some((size) => size < 0)) return undefined;
    answer.push({ name, datatype: spec.datatype, shape, data: new Uint8Array() });
  }
  return answer;
}

function newRefusal(risk: string, model: string, { name, shape }: Tensor): Error {
  return invalidArgument(
    `input '${name}' for model '${model}' has no elements: dimension ${shape.indexOf(0)} of its shape ${formatShape(shape)} is 0, and the model's operator ${risk} is not known to take that. Send at least one`,
  );
}
