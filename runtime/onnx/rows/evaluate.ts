/** Runs a graph over what is known of its values in place of numbers. */

import { MAX_DEPTH, type OnnxGraph, type OnnxNode } from '../onnx-model.js';
import { isRandom } from '../op-facts.js';
import { type Decisions, ImpossiblePath, UndecidedBranch } from './decisions.js';
import { compare, constant } from './dim.js';
import { foldElements } from './fold-elements.js';
import { liveNodes } from './live-nodes.js';
import { impossible, NodeContext, RowRefusal, refuse } from './node-context.js';
import { findTransfer, KNOWN_TO_MIX } from './ops/index.js';
import { evaluateScan } from './scan.js';
import { joinBranches, Scope, tensorValue } from './scope.js';
import type { Symbols } from './symbols.js';
import { type Bad, isSound, newElements, type Refused, UNKNOWN, type Value } from './value.js';

interface Place {
  readonly depth: number;
  /** Whether an output needs the node: ONNX Runtime may drop it otherwise, or not. */
  readonly isLive: boolean;
}

export class Evaluator {
  /** The first node that is not understood, even where no output needs it: it may run all the same, and fail on a batch. */
  firstRefused: Refused | undefined;

  constructor(
    readonly symbols: Symbols,
    private readonly opsets: ReadonlyMap<string, number>,
    private readonly decisions: Decisions,
  ) {}

  /** Values of the graph's outputs. `scope` holds those of its inputs already. */
  graph(graph: OnnxGraph, scope: Scope, depth = 0): readonly Value[] {
    if (depth > MAX_DEPTH) refuse('is nested too deep');
    for (const tensor of graph.initializers) if (scope.get(tensor.name) === undefined || depth > 0) scope.set(tensor.name, tensorValue(tensor));
    for (const tensor of graph.sparseInitializers) scope.set(tensor.name, UNKNOWN);
    const live = new Set(liveNodes(graph));
    for (const node of graph.nodes) {
      const outputs = this.node(node, scope, { depth, isLive: live.has(node) });
      node.outputs.forEach((name, index) => {
        if (name !== '') scope.set(name, outputs[index] ?? newBad(node, 'gives an output that is not followed'));
      });
    }
    return graph.outputs.map(({ name }) => scope.get(name) ?? { kind: 'bad', refused: { why: `nothing computes "${name}"`, node: '', op: '' } });
  }

  private node(node: OnnxNode, scope: Scope, place: Place): readonly Value[] {
    if (node.opType === 'Constant' && node.domain === '') return [constantValue(node)];
    const inputs = node.inputs.map((name) => (name === '' ? undefined : (scope.get(name) ?? UNKNOWN)));
    const bad = inputs.find((value) => value?.kind === 'bad');
    if (bad !== undefined) return node.outputs.map(() => bad);
    if (isRandom(node)) return this.refused(node, 'draws random numbers');
    try {
      return this.outputs(node, inputs, scope, place.depth);
    } catch (error) {
      if (error instanceof ImpossiblePath && !place.isLive) return this.refused(node, error.message);
      if (!(error instanceof RowRefusal)) throw error;
      const touched = inputs.some((value) => value !== undefined && value.kind !== 'shared') || !capturesShared(node, scope, 0);
      return touched ? this.refused(node, error.message) : node.outputs.map(() => UNKNOWN);
    }
  }

  private refused(node: OnnxNode, why: string): readonly Value[] {
    const bad = newBad(node, why);
    this.firstRefused ??= bad.refused;
    return node.outputs.map(() => bad);
  }

  private outputs(node: OnnxNode, inputs: readonly (Value | undefined)[], scope: Scope, depth: number): readonly Value[] {
    const newContext = () => new NodeContext(node, inputs, this.symbols, this.opsets.get(node.domain) ?? 1);
    const folded = foldElements(newContext());
    if (folded !== undefined) return [folded];
    const context = newContext();
    if (node.opType === 'If' && node.domain === '') return this.branches(context, scope, depth);
    if (node.opType === 'Scan' && node.domain === '') return evaluateScan(context, scope, (graph, inner) => this.graph(graph, inner, depth + 1));
    const transfer = findTransfer(node.domain, node.opType);
    if (transfer === undefined) return refuse(KNOWN_TO_MIX[node.opType] ?? 'is not known to keep rows apart');
    const outputs = transfer(context);
    context.checkAllAsked();
    if (outputs.some((value) => !isSound(value))) refuse('has a dimension that depends on the number of rows');
    return outputs;
  }

  /** The branch that is taken, where that is known; else both, which must agree, on a condition that is the same for all rows. */
  private branches(context: NodeContext, scope: Scope, depth: number): readonly Value[] {
    const condition = context.any(0);
    if (condition.kind === 'rows') return refuse('branches on the contents of rows');
    const known = condition.elements?.[0] && compare(condition.elements[0], constant(0));
    const run = (branch: string) => this.graph(onlyGraph(context.node, branch), new Scope(scope), depth + 1);
    if (known !== undefined) return run(known === 0 ? 'else_branch' : 'then_branch');
    if (condition.kind === 'sizes') return refuse('branches on the number of rows');
    const decided = this.decisions.get(context.node);
    if (decided !== undefined) return run(decided ? 'then_branch' : 'else_branch');
    const [yes, no] = [unlessImpossible(() => run('then_branch')), unlessImpossible(() => run('else_branch'))];
    if (yes === undefined || no === undefined) return yes ?? no ?? impossible('has no branch that can run');
    return yes.map((value, index) => {
      const other = no[index];
      const joined = other && joinBranches(value, other, () => this.symbols.unknown());
      if (joined === undefined) throw new UndecidedBranch(context.node);
      return joined;
    });
  }
}

function unlessImpossible(run: () => readonly Value[]): readonly Value[] | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof ImpossiblePath) return undefined;
    throw error;
  }
}

function newBad(node: OnnxNode, why: string): Bad {
  return { kind: 'bad', refused: { why, node: node.name, op: node.domain === '' ? node.opType : `${node.domain}.${node.opType}` } };
}

export function onlyGraph(node: OnnxNode, attribute: string): OnnxGraph {
  return node.attributes.get(attribute)?.graphs()[0] ?? refuse(`has no ${attribute}`);
}

/** Whether subgraphs of this node read nothing of the graphs around them but what all rows share. */
export function capturesShared(node: OnnxNode, scope: Scope, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  const graphs = [...node.attributes.values()].flatMap((attribute) => attribute.graphs());
  return graphs.every((graph) => {
    const names = [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)];
    const isShared = names.every((name) => (scope.get(name)?.kind ?? 'shared') === 'shared');
    return isShared && graph.nodes.every((inner) => !isRandom(inner) && capturesShared(inner, scope, depth + 1));
  });
}

function constantValue(node: OnnxNode): Value {
  const { attributes } = node;
  const tensor = attributes.get('value')?.tensor;
  if (tensor !== undefined) return tensorValue(tensor);
  const int = attributes.get('value_int')?.int;
  if (int !== undefined) return newElements([], [constant(Number(int))], 7);
  const ints = attributes.get('value_ints')?.ints;
  if (ints !== undefined && ints.length <= 64)
    return newElements(
      [constant(ints.length)],
      ints.map((value) => constant(Number(value))),
      7,
    );
  const isScalar = attributes.has('value_float') || attributes.has('value_string');
  return isScalar ? { ...UNKNOWN, shape: [] } : UNKNOWN;
}
