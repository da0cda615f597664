/**
 * Proves that a model answers a batch row by row, so that requests may share a run: f(a ++ b) = f(a) ++ f(b) along the batch axes,
 * for inputs without a batch axis that are the same in both. A leading symbol alone says nothing of the kind: a mean over axis 0 has
 * one too. Sound before complete: what is not understood is refused, with the operator's name.
 */
import { findRequiredInputs } from '../inspect/inputs.js';
import type { OnnxDim, OnnxModel, OnnxNode, OnnxValueInfo } from '../onnx-model.js';
import { type Decisions, ImpossiblePath, MAX_DECISIONS, UndecidedBranch } from './decisions.js';
import { constant, type Dim, isNumber, ONE, ROW_COUNT, symbol } from './dim.js';
import { Evaluator } from './evaluate.js';
import { RowRefusal } from './node-context.js';
import { Scope } from './scope.js';
import { Symbols } from './symbols.js';
import { newRows, newShared, type Refused, type Value } from './value.js';

export type RowProof =
  | {
      readonly independent: true;
      /** Per input without a default, in the graph's order; undefined: the requests of a batch must all send the same tensor. */
      readonly inputAxes: readonly (number | undefined)[];
      readonly outputAxes: readonly (number | undefined)[];
      /** The batch's name in the model; "" when it has none. */
      readonly symbol: string;
    }
  | { readonly independent: false; readonly why: string; readonly node?: string; readonly op?: string };

interface Candidate {
  readonly symbol: string;
  readonly axes: readonly (number | undefined)[];
}

/** Deterministic; its time grows with the number of nodes. Throws OnnxFormatError when a subgraph is broken. */
export function proveRowIndependence(model: OnnxModel): RowProof {
  const inputs = findRequiredInputs(model);
  const candidates = findCandidates(inputs);
  if (candidates.length === 0) return { independent: false, why: describeFixed(inputs) };
  let first: RowProof | undefined;
  for (const candidate of candidates) {
    const proof = tryCandidate(model, inputs, candidate);
    if (proof.independent) return proof;
    first ??= proof;
  }
  return first ?? { independent: false, why: describeFixed(inputs) };
}

function shapeOf(input: OnnxValueInfo): readonly OnnxDim[] {
  return input.type?.kind === 'tensor' ? (input.type.shape ?? []) : [];
}

/**
 * The symbol that leads the first input, then the first free axis of each input whatever its name, then every other symbol. The proof
 * holds for whichever succeeds: it says what happens when these axes grow together.
 */
function findCandidates(inputs: readonly OnnxValueInfo[]): readonly Candidate[] {
  const shapes = inputs.map(shapeOf);
  const names = new Set(shapes.flatMap((shape) => shape.filter((dim) => typeof dim === 'string')));
  const leading = [...names].filter((name) => shapes.some(([dim]) => dim === name));
  const byName = (name: string): Candidate => ({ symbol: name, axes: shapes.map((shape) => axisOf(shape, (dim) => dim === name)) });
  const free = shapes.map((shape) => axisOf(shape, (dim) => typeof dim !== 'number'));
  const freeName = shapes.flatMap((shape, index) => (free[index] === undefined ? [] : [shape[free[index]] ?? '']));
  const all = [
    ...leading.map(byName),
    { symbol: `${freeName[0] ?? ''}`, axes: free },
    ...[...names].filter((name) => !leading.includes(name)).map(byName),
  ];
  const usable = all.filter(
    ({ symbol: name, axes }) => axes.some((axis) => axis !== undefined) && (name === '' || shapes.every((shape) => isOnce(shape, name))),
  );
  const seen = new Set<string>();
  return usable.filter(({ axes }) => !seen.has(axes.join()) && seen.add(axes.join())).slice(0, MAX_CANDIDATES);
}

const MAX_CANDIDATES = 8;

function axisOf(shape: readonly OnnxDim[], matches: (dim: OnnxDim) => boolean): number | undefined {
  const axis = shape.findIndex(matches);
  return axis < 0 ? undefined : axis;
}

function isOnce(shape: readonly OnnxDim[], name: string): boolean {
  return shape.filter((dim) => dim === name).length <= 1;
}

/** One pass, and two more wherever a branch must be decided. */
function tryCandidate(model: OnnxModel, inputs: readonly OnnxValueInfo[], candidate: Candidate): RowProof {
  return decide({ model, inputs, candidate }, new Map()) ?? { independent: false, why: 'No path through the graph can run' };
}

interface Attempt {
  readonly model: OnnxModel;
  readonly inputs: readonly OnnxValueInfo[];
  readonly candidate: Candidate;
}

/** undefined: no run goes this way. */
function decide(attempt: Attempt, decisions: Decisions): RowProof | undefined {
  try {
    return conclude(attempt.model, attempt.candidate, evaluate(attempt, decisions));
  } catch (error) {
    if (error instanceof ImpossiblePath) return undefined;
    if (error instanceof RowRefusal) return { independent: false, why: `The graph ${error.message}` };
    if (!(error instanceof UndecidedBranch)) throw error;
    if (decisions.size >= MAX_DECISIONS) return describeRefused({ why: error.message, node: error.node.name, op: error.node.opType });
    const [yes, no] = [true, false].map((way) => decide(attempt, new Map(decisions).set(error.node, way)));
    return yes === undefined || no === undefined ? (yes ?? no) : agree(yes, no, error.node);
  }
}

function agree(yes: RowProof, no: RowProof, node: OnnxNode): RowProof {
  if (!yes.independent || !no.independent) return yes.independent ? no : yes;
  const isSame = yes.outputAxes.every((axis, index) => axis === no.outputAxes[index]);
  return isSame ? yes : describeRefused({ why: 'has branches that end with the batch on different axes', node: node.name, op: node.opType });
}

function evaluate({ model, inputs, candidate }: Attempt, decisions: Decisions): readonly Value[] {
  const symbols = new Symbols();
  const scope = new Scope();
  inputs.forEach((input, index) => {
    scope.set(input.name, inputValue(input, candidate.axes[index], symbols));
  });
  const overridable = model.irVersion >= 4 ? model.graph.inputs.filter(({ name }) => scope.get(name) === undefined) : [];
  for (const input of overridable) scope.set(input.name, inputValue(input, undefined, symbols));
  const evaluator = new Evaluator(symbols, model.opsets, decisions);
  const outputs = evaluator.graph(model.graph, scope);
  const { firstRefused } = evaluator;
  return firstRefused === undefined ? outputs : outputs.map(() => ({ kind: 'bad', refused: firstRefused }));
}

function inputValue(input: OnnxValueInfo, axis: number | undefined, symbols: Symbols): Value {
  if (input.type?.kind !== 'tensor' || input.type.shape === undefined) return newShared(undefined);
  const shape = input.type.shape.map((dim, at) => (at === axis ? ROW_COUNT : toDim(dim, symbols)));
  return axis === undefined ? newShared(shape, input.type.elemType) : newRows(shape, { axis, block: ONE }, input.type.elemType);
}

/** Symbols of the model get a prefix that none of ours has; what polynomials are written with is escaped, so that names stay apart. */
function toDim(dim: OnnxDim, symbols: Symbols): Dim {
  if (dim === undefined) return symbols.unknown();
  if (typeof dim === 'number') return constant(dim);
  return symbol(`:${dim.replaceAll(/[^A-Za-z0-9_.]/gu, (char) => `%${(char.codePointAt(0) ?? 0).toString(16)};`)}`);
}

function conclude(model: OnnxModel, candidate: Candidate, outputs: readonly Value[]): RowProof {
  const axes: (number | undefined)[] = [];
  for (const [index, value] of outputs.entries()) {
    const name = model.graph.outputs[index]?.name ?? '';
    if (value.kind === 'bad') return describeRefused(value.refused);
    if (value.kind === 'sizes') return { independent: false, why: `The output "${name}" tells the number of rows` };
    if (value.kind === 'rows' && !isNumber(value.rows.block, 1))
      return { independent: false, why: `The output "${name}" has several entries per row on axis ${value.rows.axis}` };
    axes.push(value.kind === 'rows' ? value.rows.axis : undefined);
  }
  if (axes.every((axis) => axis === undefined)) return { independent: false, why: 'No output has a batch axis' };
  return { independent: true, inputAxes: candidate.axes, outputAxes: axes, symbol: candidate.symbol };
}

function describeRefused({ why, node, op }: Refused): RowProof {
  if (op === '') return { independent: false, why: `In this graph ${why}` };
  const subject = node === '' ? `A node ${op}` : `Node "${node}" (${op})`;
  return { independent: false, why: `${subject} ${why}`, node, op };
}

function describeFixed(inputs: readonly OnnxValueInfo[]): string {
  const [first] = inputs;
  if (first === undefined) return 'The model has no inputs';
  const shape = shapeOf(first);
  return shape.length === 0
    ? `The input "${first.name}" has no declared shape or is a scalar: export it with a symbolic batch axis`
    : `The input "${first.name}" has the fixed shape [${shape.join(', ')}]: export it with a symbolic batch axis`;
}
