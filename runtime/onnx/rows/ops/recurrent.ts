/** LSTM, GRU, RNN: the batch is axis 1 of X and of the states, or axis 0 of all of them with layout 1. */
import { constant, type Dim, isNumber, ONE } from '../dim.js';
import { impossible, type NodeContext, refuse, sized } from '../node-context.js';
import { newRows, newShared, type Value } from '../value.js';
import { forAll, type TransferTable } from './transfer.js';

/** Inputs: X, W, R, B, sequence_lens, initial_h, and for LSTM initial_c and P. */
const SEQUENCE_LENGTHS = 4;
const STATES: readonly number[] = [5, 6];

export const RECURRENT: TransferTable = forAll(['LSTM', 'GRU', 'RNN'], recurrent);

function recurrent(c: NodeContext): readonly Value[] {
  const x = c.data(0);
  if (x.shape !== undefined && x.shape.length !== 3) return impossible('takes a sequence of three dimensions');
  for (const index of [1, 2, 3, 7]) if (c.has(index)) c.shared(index);
  const layout = c.int('layout', 0);
  const axis = layout === 1 ? 0 : 1;
  const states = STATES.filter((index) => c.has(index)).map((index) => ({ value: c.data(index), want: axis }));
  const lengths = c.has(SEQUENCE_LENGTHS) ? [{ value: c.data(SEQUENCE_LENGTHS), want: 0 }] : [];
  if ([x, ...states.map(({ value }) => value), ...lengths.map(({ value }) => value)].every((value) => value.kind === 'shared'))
    return [newShared(undefined), newShared(undefined), newShared(undefined)];
  for (const { value, want } of [{ value: x, want: axis }, ...states, ...lengths]) {
    if (value.kind === 'shared') return refuse('has states, lengths or a sequence that the rows share');
    if (value.rows.axis !== want || !isNumber(value.rows.block, 1))
      return refuse(`has the batch on axis ${value.rows.axis}, where it belongs on ${want}`);
  }
  return outputs(c, sized(x), layout);
}

function outputs(c: NodeContext, x: readonly Dim[], layout: number): readonly Value[] {
  const directions = constant(c.text('direction', 'forward') === 'bidirectional' ? 2 : 1);
  const hidden = c.int('hidden_size', 0);
  const width = hidden > 0 ? constant(hidden) : c.symbols.unknown();
  const [time, batch] = [x[layout === 1 ? 1 : 0] ?? ONE, x[layout === 1 ? 0 : 1] ?? ONE];
  if (layout === 1) {
    const state = newRows([batch, directions, width], { axis: 0, block: ONE });
    return [newRows([batch, time, directions, width], { axis: 0, block: ONE }), state, state];
  }
  const state = newRows([directions, batch, width], { axis: 1, block: ONE });
  return [newRows([time, directions, batch, width], { axis: 2, block: ONE }), state, state];
}
