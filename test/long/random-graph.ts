/**
 * Random small graphs over [n, 3, 4] inputs, from operators with right and wrong axes, so that some keep rows apart and some do not.
 * No step can leave a tensor empty: ONNX Runtime 1.30's TopK divides by zero on one and takes the process down.
 * Shapes are followed for five rows; a graph that only runs for five rows is one that must not be called independent.
 */
import { FLOAT, INT64, type TestModel, type TestNode, type TestTensor } from '../builders/onnx-model.js';

/** Which operator, and three numbers that choose its operands and attributes. */
export type Step = readonly [number, number, number, number];

interface Known {
  readonly name: string;
  readonly shape: readonly number[];
}

class GraphBuilder {
  readonly nodes: TestNode[] = [];
  readonly initializers: TestTensor[] = [];
  readonly values: Known[] = [
    { name: 'x', shape: [5, 3, 4] },
    { name: 'z', shape: [5, 3, 4] },
  ];

  pick(choice: number): Known {
    return this.values[this.values.length - 1 - (choice % Math.min(4, this.values.length))] ?? { name: 'x', shape: [5, 3, 4] };
  }

  weight(dims: readonly number[], elemType = FLOAT, values?: readonly number[]): string {
    const name = `w${this.initializers.length}`;
    this.initializers.push({ name, dims, elemType, ...(values === undefined ? {} : { values }) });
    return name;
  }

  ints(values: readonly number[]): string {
    return this.weight([values.length], INT64, values);
  }

  node(op: string, inputs: readonly string[], attributes: TestNode['attributes'] = {}): string {
    const name = `v${this.nodes.length}`;
    this.nodes.push({ op, inputs, outputs: [name], name: `n${this.nodes.length}`, attributes });
    return name;
  }

  add(name: string, shape: readonly number[]): void {
    if (shape.length <= 5 && shape.reduce((product, dim) => product * dim, 1) <= 4000) this.values.push({ name, shape });
  }
}

type Operator = (g: GraphBuilder, at: Known, choices: readonly [number, number, number]) => void;

const without = (shape: readonly number[], axis: number) => shape.filter((_, at) => at !== axis);
const replaced = (shape: readonly number[], axis: number, dim: number) => shape.map((old, at) => (at === axis ? dim : old));
const size = (shape: readonly number[]) => shape.reduce((product, dim) => product * dim, 1);
const axisOf = (at: Known, choice: number) => choice % Math.max(1, at.shape.length);

function broadcast(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape = Array.from({ length: rank }, (_, at) => [a[at - rank + a.length] ?? 1, b[at - rank + b.length] ?? 1] as const);
  return shape.every(([p, q]) => p === q || p === 1 || q === 1) ? shape.map(([p, q]) => Math.max(p, q)) : undefined;
}

const OPERATORS: readonly Operator[] = [
  (g, at, [a]) => g.add(g.node(['Tanh', 'Sigmoid', 'Neg', 'Relu'][a % 4] ?? 'Tanh', [at.name]), at.shape),
  (g, at, [a, b]) => {
    const other = g.pick(b);
    const shape = broadcast(at.shape, other.shape);
    if (shape !== undefined) g.add(g.node(['Add', 'Mul', 'Sub', 'Max'][a % 4] ?? 'Add', [at.name, other.name]), shape);
  },
  (g, at, [a, b]) => {
    const dims = at.shape.slice(a % (at.shape.length + 1)).map((dim, index) => ((b >> index) & 1 ? 1 : dim));
    g.add(g.node('Add', [at.name, g.weight(dims)]), at.shape);
  },
  (g, at, [a, b]) => g.add(g.node(['Softmax', 'LogSoftmax', 'LpNormalization'][b % 3] ?? 'Softmax', [at.name], { axis: axisOf(at, a) }), at.shape),
  (g, at, [a, b]) => {
    const axis = axisOf(at, a);
    if (at.shape.length === 0) return;
    const keep = b % 2;
    const op = ['ReduceMean', 'ReduceMax', 'ReduceL2'][b % 3] ?? 'ReduceMean';
    g.add(g.node(op, [at.name], { axes: [axis], keepdims: keep }), keep === 1 ? replaced(at.shape, axis, 1) : without(at.shape, axis));
  },
  (g, at, [a]) => {
    const order = at.shape.map((_, axis) => axis);
    const moved = a % 2 === 0 ? order.toReversed() : [...order.slice(1), ...order.slice(0, 1)];
    g.add(
      g.node('Transpose', [at.name], { perm: moved }),
      moved.map((axis) => at.shape[axis] ?? 1),
    );
  },
  (g, at, [a, b]) => {
    const targets = [[0, -1], [-1], [-1, 4], [-1, 3], [1, -1], [2, -1], [-1, 2, 2], [0, 0, -1], [-1, 1, 3], [0, 2, -1], [4, -1], [-1, 12], [12, -1]];
    const target = targets[a % targets.length] ?? [-1];
    const base = target.map((dim, index) => (dim === 0 ? (at.shape[index] ?? 1) : dim));
    const rest = size(base.filter((dim) => dim !== -1));
    if (size(at.shape) % rest !== 0) return;
    const via = b % 2 === 0 ? g.ints(target) : shapeVia(g, at, target);
    g.add(
      g.node('Reshape', [at.name, via]),
      base.map((dim) => (dim === -1 ? size(at.shape) / rest : dim)),
    );
  },
  (g, at, [a]) => {
    const axis = a % (at.shape.length + 1);
    g.add(g.node('Flatten', [at.name], { axis }), [size(at.shape.slice(0, axis)), size(at.shape.slice(axis))]);
  },
  (g, at, [a, b]) => {
    const other = g.pick(b);
    const axis = axisOf(at, a);
    if (
      at.shape.length === 0 ||
      other.shape.length !== at.shape.length ||
      !at.shape.every((dim, index) => index === axis || dim === other.shape[index])
    )
      return;
    g.add(g.node('Concat', [at.name, other.name], { axis }), replaced(at.shape, axis, (at.shape[axis] ?? 0) + (other.shape[axis] ?? 0)));
  },
  (g, at, [a, b, c]) => {
    const axis = axisOf(at, a);
    const dim = at.shape[axis];
    if (dim === undefined) return;
    const indices = c % 2 === 0 ? [b % dim] : [b % dim, c % dim];
    const scalar = c % 3 === 0;
    const name = scalar ? g.weight([], INT64, [b % dim]) : g.ints(indices);
    g.add(g.node('Gather', [at.name, name], { axis }), [
      ...at.shape.slice(0, axis),
      ...(scalar ? [] : [indices.length]),
      ...at.shape.slice(axis + 1),
    ]);
  },
  (g, at, [a, b]) => {
    const axis = axisOf(at, a);
    const dim = at.shape[axis];
    if (dim === undefined) return;
    const [start, end, step] = [
      [0, 2, 1],
      [-2, 9, 1],
      [0, 9, 1],
      [-1, -9, -1],
    ][b % 4] ?? [0, 1, 1];
    const inputs = [at.name, g.ints([start ?? 0]), g.ints([end ?? 0]), g.ints([axis]), g.ints([step ?? 1])];
    const length = [Math.min(2, dim), Math.min(2, dim), dim, dim][b % 4] ?? 0;
    if (length > 0) g.add(g.node('Slice', inputs), replaced(at.shape, axis, length));
  },
  (g, at, [a]) => {
    const last = at.shape.at(-1);
    if (last !== undefined) g.add(g.node('MatMul', [at.name, g.weight([last, 1 + (a % 3)])]), [...at.shape.slice(0, -1), 1 + (a % 3)]);
  },
  (g, at, [a]) => {
    const second = at.shape.at(-2);
    if (second !== undefined)
      g.add(g.node('MatMul', [g.weight([1 + (a % 3), second]), at.name]), [...at.shape.slice(0, -2), 1 + (a % 3), at.shape.at(-1) ?? 1]);
  },
  (g, at, [a]) => {
    const other = g.pick(a);
    if (at.shape.length < 2 || other.shape.length < 2 || at.shape.at(-1) !== other.shape.at(-2)) return;
    const outer = broadcast(at.shape.slice(0, -2), other.shape.slice(0, -2));
    if (outer !== undefined) g.add(g.node('MatMul', [at.name, other.name]), [...outer, at.shape.at(-2) ?? 1, other.shape.at(-1) ?? 1]);
  },
  (g, at, [a, b]) => {
    const axis = a % (at.shape.length + 1);
    if (b % 2 === 0) g.add(g.node('Unsqueeze', [at.name, g.ints([axis])]), [...at.shape.slice(0, axis), 1, ...at.shape.slice(axis)]);
    else if (at.shape.includes(1))
      g.add(
        g.node('Squeeze', b % 3 === 0 ? [at.name] : [at.name, g.ints([at.shape.indexOf(1)])]),
        b % 3 === 0 ? at.shape.filter((dim) => dim !== 1) : without(at.shape, at.shape.indexOf(1)),
      );
  },
  (g, at, [a]) => at.shape.length > 0 && g.add(g.node('CumSum', [at.name, g.weight([], INT64, [axisOf(at, a)])]), at.shape),
  (g, at, [a]) => {
    const shape = g.node('Shape', [at.name]);
    const made = a % 2 === 0 ? g.node('ConstantOfShape', [shape]) : g.node('Expand', [g.weight([1]), shape]);
    g.add(made, at.shape);
  },
  (g, at, [a, b]) => {
    const axis = axisOf(at, a);
    if (at.shape.length === 0) return;
    const repeats = at.shape.map((_, index) => (index === axis ? 1 + (b % 2) : 1));
    g.add(
      g.node('Tile', [at.name, g.ints(repeats)]),
      at.shape.map((dim, index) => dim * (repeats[index] ?? 1)),
    );
  },
  (g, at, [a]) => {
    const axis = axisOf(at, a);
    const dims = at.shape.slice(axis);
    if (dims.length > 0) g.add(g.node('LayerNormalization', [at.name, g.weight(dims)], { axis }), at.shape);
  },
  (g, at, [a]) => {
    const channels = at.shape[1];
    if (at.shape.length === 3 && channels !== undefined)
      g.add(g.node('Conv', [at.name, g.weight([1 + (a % 2), channels, 1])]), [at.shape[0] ?? 1, 1 + (a % 2), at.shape[2] ?? 1]);
  },
  (g, at, [a]) =>
    at.shape.length >= 3 &&
    g.add(
      g.node('InstanceNormalization', [at.name, g.weight([at.shape[1] ?? 1]), g.weight([at.shape[1] ?? 1])], { epsilon: a % 2 === 0 ? 0.5 : 0.25 }),
      at.shape,
    ),
  (g, at, [a]) =>
    at.shape.length >= 3 &&
    g.add(
      g.node('GlobalAveragePool', [at.name], a < 0 ? { unused: 1 } : {}),
      at.shape.map((dim, index) => (index < 2 ? dim : 1)),
    ),
  (g, at, [a, b]) => {
    const axis = axisOf(at, a);
    if (at.shape.length === 0) return;
    const pads = [...at.shape, ...at.shape].map((_, index) => (index === axis ? b % 2 : 0));
    g.add(
      g.node('Pad', [at.name, g.ints(pads)]),
      at.shape.map((dim, index) => dim + (index === axis ? b % 2 : 0)),
    );
  },
  (g, at, [a]) => {
    const other = g.pick(a);
    const condition = g.node('Greater', [at.name, other.name]);
    const shape = broadcast(at.shape, other.shape);
    if (shape !== undefined) g.add(g.node('Where', [condition, at.name, other.name]), shape);
    else g.nodes.pop();
  },
  (g, at, [a]) => {
    if (at.shape.length === 0) return;
    const axis = axisOf(at, a);
    const best = g.node('ArgMax', [at.name], { axis, keepdims: 0 });
    g.add(g.node('Cast', [best], { to: FLOAT }), without(at.shape, axis));
  },
  (g, at, [a]) => {
    if (at.shape.length !== 2) return;
    const transposed = a % 2;
    const inner = at.shape[transposed === 1 ? 0 : 1] ?? 1;
    g.add(g.node('Gemm', [at.name, g.weight([inner, 2]), g.weight([2])], { transA: transposed }), [at.shape[1 - (transposed === 1 ? 0 : 1)] ?? 1, 2]);
  },
  (g, at, [a]) => {
    const words = ['abc,abd->acd', 'abc,cd->abd', 'abc,abc->bc', 'abc->ab', 'abc,abc->a', 'abc,dbc->ad', 'abc->cab'];
    const word = words[a % words.length] ?? '';
    if (at.shape.length !== 3) return;
    const operands = word.split('->')[0]?.split(',') ?? [];
    const inputs = [at.name, ...(operands[1] === undefined ? [] : [operands[1] === 'cd' ? g.weight([at.shape[2] ?? 1, 2]) : at.name])];
    const sizes: Readonly<Record<string, number | undefined>> = {
      a: at.shape[0],
      b: at.shape[1],
      c: at.shape[2],
      d: operands[1] === 'cd' ? 2 : operands[1] === 'abd' ? at.shape[2] : at.shape[0],
    };
    g.add(
      g.node('Einsum', inputs, { equation: word }),
      [...(word.split('->')[1] ?? '')].map((letter) => sizes[letter] ?? 1),
    );
  },
  (g, at) => {
    const count = g.node('Cast', [g.node('Size', [at.name])], { to: FLOAT });
    g.add(g.node('Div', [at.name, count]), at.shape);
  },
  (g, at) => {
    const rows = g.node('Gather', [g.node('Shape', [at.name]), g.weight([], INT64, [0])], { axis: 0 });
    const numbers = g.node('Range', [g.weight([], INT64, [0]), rows, g.weight([], INT64, [1])]);
    if (at.shape[0] !== undefined) g.add(g.node('Cast', [numbers], { to: FLOAT }), [at.shape[0]]);
  },
  (g, at, [a]) => {
    const flag = g.node('Equal', [
      g.node('Gather', [g.node('Shape', [at.name]), g.weight([], INT64, [axisOf(at, a)])], { axis: 0 }),
      g.weight([], INT64, [3]),
    ]);
    if (at.shape.length === 0) return;
    const branch = (op: string, out: string) => ({ nodes: [{ op, inputs: [at.name], outputs: [out] }], inputs: [], outputs: [{ name: out }] });
    const id = g.nodes.length;
    g.add(g.node('If', [flag], { then_branch: branch('Neg', `t${id}`), else_branch: branch('Tanh', `e${id}`) }), at.shape);
  },
  (g, at) => {
    const dim = at.shape.at(-1);
    if (dim === undefined || dim < 2) return;
    const name = `k${g.nodes.length}`;
    g.nodes.push({ op: 'TopK', inputs: [at.name, g.ints([2])], outputs: [name, `${name}i`], attributes: { axis: -1 } });
    g.add(name, [...at.shape.slice(0, -1), 2]);
  },
];

/** A target computed from the value's shape, as exporters write it: its first dimensions, then the rest. */
function shapeVia(g: GraphBuilder, at: Known, target: readonly number[]): string {
  const shape = g.node('Shape', [at.name]);
  const parts = target.map((dim, index) => {
    if (dim !== 0) return g.ints([dim]);
    return g.node('Gather', [shape, g.ints([index])], { axis: 0 });
  });
  return parts.length === 1 ? (parts[0] ?? shape) : g.node('Concat', parts, { axis: 0 });
}

/** A model whose output is what the last step made. */
export function makeRandomGraph(steps: readonly Step[]): TestModel {
  const g = new GraphBuilder();
  for (const [operator, a, b, c] of steps) OPERATORS[operator % OPERATORS.length]?.(g, g.pick(a >> 4), [a, b, c]);
  const last = g.values.at(-1)?.name ?? 'x';
  const nodes = [...g.nodes, { op: 'Identity', inputs: [last], outputs: ['y'] }];
  const shape = ['n', 3, 4];
  return {
    nodes,
    inputs: [
      { name: 'x', shape },
      { name: 'z', shape },
    ],
    outputs: [{ name: 'y' }],
    initializers: g.initializers,
    opset: 17,
  };
}

export const OPERATOR_COUNT = OPERATORS.length;
