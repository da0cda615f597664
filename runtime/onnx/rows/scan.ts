/**
 * Scan without a state that changes, which is how scikit-learn's distance to each stored point is exported. Either it goes through
 * the rows, and a step sees one of them and what is shared; or it goes through something shared, and each step sees all rows, which
 * the body must then keep apart. Nothing is handed from one step to the next.
 */
import type { OnnxGraph } from '../onnx-model.js';
import { isNumber, ONE, ROW_COUNT } from './dim.js';
import { type NodeContext, refuse } from './node-context.js';
import { Scope } from './scope.js';
import { newRows, newShared, type Value } from './value.js';

export function evaluateScan(c: NodeContext, scope: Scope, run: (graph: OnnxGraph, inner: Scope) => readonly Value[]): readonly Value[] {
  const body = c.node.attributes.get('body')?.graphs()[0] ?? refuse('has no body');
  const scanned = c.int('num_scan_inputs', 0);
  const states = c.inputs.length - scanned;
  if (c.opset < 9 || states < 0 || scanned < 1) refuse('is of a form that is not followed');
  for (const name of ['scan_input_axes', 'scan_output_axes', 'scan_input_directions', 'scan_output_directions']) {
    if (c.intList(name)?.some((value) => value !== 0)) refuse(`has ${name} other than 0`);
  }
  const overRows = c.inputs.some((value, index) => index >= states && value?.kind === 'rows');
  const inner = new Scope(scope);
  body.inputs.forEach(({ name }, index) => {
    if (index >= states) inner.set(name, overRows ? oneRow(c, index) : oneStep(c, index));
    else if (isHandedOn(body, index)) inner.set(name, overRows ? c.shared(index) : c.data(index));
    else refuse('carries a state from one step to the next');
  });
  const outputs = run(body, inner);
  return outputs.map((value, index) => (index < states ? c.data(index) : stacked(value, overRows, c)));
}

/** The results of all steps along a new axis 0. */
function stacked(value: Value, overRows: boolean, c: NodeContext): Value {
  if (value.kind === 'bad') return value;
  if (value.kind === 'sizes') return refuse('gives the number of rows');
  if (overRows) {
    if (value.kind === 'rows') return refuse('lets a step see other rows');
    return value.shape === undefined ? refuse('gives values of unknown rank') : newRows([ROW_COUNT, ...value.shape], { axis: 0, block: ONE });
  }
  const steps = c.symbols.unknown();
  if (value.kind === 'shared') return newShared(value.shape && [steps, ...value.shape]);
  return newRows([steps, ...value.shape], { axis: value.rows.axis + 1, block: value.rows.block });
}

function oneStep(c: NodeContext, index: number): Value {
  const { shape } = c.shared(index);
  return newShared(shape?.slice(1));
}

/** One step's view: rows are on the scanned axis 0, and a step takes one. */
function oneRow(c: NodeContext, index: number): Value {
  const data = c.data(index);
  if (data.kind === 'shared') return refuse('goes through a value that all rows share');
  if (data.rows.axis !== 0 || !isNumber(data.rows.block, 1)) return refuse('goes along another axis than that of the rows');
  return newShared(data.shape.slice(1));
}

/** The state that goes out is the one that came in, maybe through Identity. */
function isHandedOn(body: OnnxGraph, index: number): boolean {
  let name = body.outputs[index]?.name;
  for (let step = 0; step <= body.nodes.length; step += 1) {
    if (name === body.inputs[index]?.name) return true;
    const producer = body.nodes.find((node) => name !== undefined && node.outputs.includes(name));
    if (producer?.opType !== 'Identity' || producer.domain !== '') return false;
    name = producer.inputs[0];
  }
  return false;
}
