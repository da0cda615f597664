/** ai.onnx.ml: trees, linear models and what prepares their inputs. Each row of a [N, C] table is scored by itself. */
import { add, constant, isNumber, multiplyAll, ONE } from '../dim.js';
import { known, type NodeContext, refuse } from '../node-context.js';
import { newRows, newShared, type Rows, type Value } from '../value.js';
import { ELEMENTWISE_ML } from './elementwise.js';
import { toShape } from './reshape.js';
import { forAll, type TransferTable } from './transfer.js';

export const CLASSIC: TransferTable = {
  ...ELEMENTWISE_ML,
  ...forAll(['TreeEnsembleClassifier', 'LinearClassifier', 'SVMClassifier'], classifier),
  ...forAll(['TreeEnsembleRegressor', 'TreeEnsemble', 'LinearRegressor', 'SVMRegressor'], regressor),
  ...forAll(['Scaler', 'Normalizer', 'Imputer'], (c) => allShared(c) ?? [newRows(table(c).shape, table(c).rows)]),
  OneHotEncoder: oneHotEncoder,
  FeatureVectorizer: featureVectorizer,
  ArrayFeatureExtractor: arrayFeatureExtractor,
  ZipMap: () => refuse('gives a sequence of maps, which no tensor carries: strip it'),
};

function allShared(c: NodeContext): readonly Value[] | undefined {
  return c.inputs.every((value) => value?.kind === 'shared') ? c.node.outputs.map(() => newShared(undefined)) : undefined;
}

/** These operators take a vector for one row of features: only [N, C] has rows. */
function table(c: NodeContext, index = 0): Rows {
  const data = c.data(index);
  if (data.kind === 'shared') return refuse('joins rows with a value that all rows share');
  if (data.shape.length !== 2 || data.rows.axis !== 0) return refuse('takes rows that are not those of a [N, C] table');
  return data;
}

/** Labels [N] and scores [N, E]; E is not always the number of labels. */
function classifier(c: NodeContext): readonly Value[] {
  const shared = allShared(c);
  if (shared !== undefined) return shared;
  const { shape, rows } = table(c);
  return [newRows([shape[0] ?? ONE], rows), newRows([shape[0] ?? ONE, c.symbols.unknown()], rows)];
}

function regressor(c: NodeContext): readonly Value[] {
  const shared = allShared(c);
  if (shared !== undefined) return shared;
  const { shape, rows } = table(c);
  const targets = Math.max(c.int('n_targets', c.int('targets', 1)), 1);
  return [newRows([shape[0] ?? ONE, constant(targets)], rows)];
}

function oneHotEncoder(c: NodeContext): readonly Value[] {
  const data = c.data(0);
  if (data.kind === 'shared') return [newShared(undefined)];
  return [newRows([...data.shape, c.symbols.unknown()], data.rows)];
}

/** [N, C1], [N, C2] … → [N, C1 + C2 + …]. */
function featureVectorizer(c: NodeContext): readonly Value[] {
  const shared = allShared(c);
  if (shared !== undefined) return shared;
  const tables = c.inputs.map((_, index) => table(c, index));
  const [first] = tables;
  if (first === undefined || tables.some(({ rows }) => !isNumber(rows.block, 1))) return refuse('joins rows of different lengths');
  const width = tables.map(({ shape }) => shape[1] ?? ONE).reduce((a, b) => known(add(a, b)));
  return [newRows([first.shape[0] ?? ONE, width], first.rows)];
}

/** Picks along the last axis; a vector counts as one row. */
function arrayFeatureExtractor(c: NodeContext): readonly Value[] {
  const [data, indices] = [c.data(0), c.data(1)];
  if (data.kind === 'shared' && indices.kind === 'shared') return [newShared(undefined)];
  if (data.kind === 'rows' && indices.kind === 'shared') {
    if (data.rows.axis === data.shape.length - 1) return refuse('picks along the batch axis');
    return [newRows([...data.shape.slice(0, -1), c.symbols.unknown()], data.rows)];
  }
  return data.kind === 'shared' && indices.kind === 'rows' ? labelsByRow(c, data.shape?.length, indices) : refuse('looks rows up in other rows');
}

/** A vector of labels and places in it: the indices are laid flat, [B, k] → [1, B·k]. */
function labelsByRow(c: NodeContext, rank: number | undefined, indices: Rows): readonly Value[] {
  if (rank !== 1) return refuse('looks rows up in a table that is not a vector');
  return [toShape(c, indices, [ONE, known(multiplyAll(indices.shape))])];
}
