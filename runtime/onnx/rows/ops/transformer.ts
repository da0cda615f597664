/** Fused operators of transformers, of com.microsoft and of later opsets of ai.onnx: batch first, rows on axis 0 in blocks of one. */
import { constant, type Dim, divideExactly, isNumber, ONE } from '../dim.js';
import { known, type NodeContext, refuse } from '../node-context.js';
import { newRows, newShared, type Rows, type Value } from '../value.js';
import { broadcastAll } from './broadcast.js';
import { layerNorm } from './reduction.js';
import { forAll, type TransferTable } from './transfer.js';

export const TRANSFORMER: TransferTable = {
  ...forAll(['SkipLayerNormalization', 'SkipSimplifiedLayerNormalization'], skipLayerNorm),
  ...forAll(['LayerNormalization', 'SimplifiedLayerNormalization'], layerNorm),
  EmbedLayerNormalization: embedLayerNorm,
  Attention: attention,
  MultiHeadAttention: multiHeadAttention,
};

const AT_ZERO = { axis: 0, block: ONE } as const;

/** Rows on axis 0, one by one, and of this rank or more. */
function batchFirst(c: NodeContext, index: number, rank: number): Rows {
  const data = c.data(index);
  if (data.kind === 'shared') return refuse('mixes rows with a sequence that all rows share');
  if (data.rows.axis !== 0 || !isNumber(data.rows.block, 1) || data.shape.length < rank) return refuse('has the batch on another axis than 0');
  return data;
}

/** Left out, or shared with everything of size 1 on the batch axis, or with rows on axis 0. */
function optional(c: NodeContext, index: number, rank: number): void {
  if (c.has(index)) batchFirst(c, index, rank);
}

/** x + skip + bias, normalised over the last axis; the fourth output is the sum. */
function skipLayerNorm(c: NodeContext): readonly Value[] {
  for (const index of [2, 3, 4]) if (c.has(index)) c.shared(index);
  const sum = broadcastAll(c, [c.data(0), c.data(1)]);
  if (sum.kind === 'shared') return [newShared(sum.shape), newShared(undefined), newShared(undefined), newShared(sum.shape)];
  if (sum.rows.axis === sum.shape.length - 1) refuse('normalises over the batch');
  const statistics = newRows([...sum.shape.slice(0, -1), ONE], sum.rows);
  return [sum, statistics, statistics, sum];
}

/** input_ids, segment_ids, word, position and segment embeddings, gamma, beta, mask, position_ids. */
function embedLayerNorm(c: NodeContext): readonly Value[] {
  const ids = batchFirst(c, 0, 2);
  optional(c, 1, 2);
  for (const index of [2, 3, 4, 5, 6]) if (c.has(index)) c.shared(index);
  optional(c, 7, 2);
  if (c.has(8) && c.data(8).kind === 'rows') batchFirst(c, 8, 2);
  const gamma = c.has(5) ? c.shared(5).shape?.[0] : undefined;
  const hidden = newRows([...ids.shape, gamma ?? c.symbols.unknown()], AT_ZERO);
  return [hidden, newRows([ids.shape[0] ?? ONE], AT_ZERO), hidden];
}

/** input, weights, bias, mask, past [2, B, …], attention_bias. A mask of one dimension can mean three things: refused. */
function attention(c: NodeContext): readonly Value[] {
  if (c.node.domain === '') return refuse('is the standard Attention, whose masks are not followed yet');
  const x = batchFirst(c, 0, 3);
  for (const index of [1, 2]) if (c.has(index)) c.shared(index);
  optional(c, 3, 2);
  if (c.has(4)) return refuse('carries a past');
  optional(c, 5, 4);
  const bias = c.has(2) ? c.shared(2).shape?.[0] : undefined;
  const width: Dim = c.intList('qkv_hidden_sizes')?.map(constant)[2] ?? (bias && divideExactly(bias, constant(3))) ?? c.symbols.unknown();
  return [newRows([...x.shape.slice(0, 2), width], AT_ZERO)];
}

/** query, key, value, bias, key_padding_mask, attention_bias; with a past it is refused. */
function multiHeadAttention(c: NodeContext): readonly Value[] {
  const query = batchFirst(c, 0, 3);
  if (query.shape.length !== 3 || !c.has(1) || !c.has(2)) return refuse('has packed queries, keys and values');
  batchFirst(c, 1, 3);
  const value = batchFirst(c, 2, 3);
  if (c.has(3)) c.shared(3);
  optional(c, 4, 2);
  optional(c, 5, 4);
  for (const index of [6, 7, 8, 9]) if (c.has(index)) return refuse('carries a past');
  const width = value.shape.length === 3 ? known(value.shape[2]) : c.symbols.unknown();
  return [newRows([...query.shape.slice(0, 2), width], AT_ZERO)];
}
