/** The tensor that tells a model where in its sequence a request stands (Triton's control inputs). */
import { Buffer } from 'node:buffer';
import { DATATYPES, type Datatype } from '../core/datatype.js';
import type { SequenceControl } from '../core/model-settings.js';
import type { SequencePosition } from '../core/request-options.js';
import type { TensorSpec } from '../core/signature.js';
import { countElements, type Tensor } from '../core/tensor.js';

export interface ControlPlace {
  readonly spec: TensorSpec;
  /** Every element gets the same value: a control says something of the whole request. */
  readonly shape: readonly number[];
  readonly position: SequencePosition;
}

/** `controls`: all that this input carries, the first that holds wins. A sentence when the correlation id does not fit. */
export function fillControl(controls: readonly SequenceControl[], { spec, shape, position }: ControlPlace): Tensor | string {
  const control = controls.find((one) => isTrue(one, position)) ?? controls[0];
  const element = control === undefined ? undefined : encode(control, position);
  if (control === undefined || typeof element === 'string' || element === undefined)
    return typeof element === 'string' ? element : `input '${spec.name}' carries no control`;
  const data = new Uint8Array(countElements(shape) * element.byteLength);
  for (let at = 0; at < data.byteLength; at += element.byteLength) data.set(element, at);
  return { name: spec.name, datatype: control.datatype, shape, data };
}

function isTrue({ kind }: SequenceControl, { isStart, isEnd }: SequencePosition): boolean {
  switch (kind) {
    case 'START':
      return isStart;
    case 'END':
      return isEnd;
    case 'READY':
    case 'CORRID':
      return true;
  }
}

function encode(control: SequenceControl, position: SequencePosition): Uint8Array | string {
  if (control.falseTrue === undefined) return encodeId(control, position);
  const value = control.falseTrue[isTrue(control, position) ? 1 : 0];
  const element = Buffer.alloc(DATATYPES[control.datatype].size ?? 0);
  if (control.datatype === 'FP32') element.writeFloatLE(value);
  else if (control.datatype === 'INT32') element.writeInt32LE(value);
  else element.writeUInt8(value === 0 ? 0 : 1);
  return element;
}

/** Exclusive upper bound by datatype. */
const ID_BOUNDS: Partial<Record<Datatype, bigint>> = { UINT64: 1n << 64n, INT64: 1n << 63n, UINT32: 1n << 32n, INT32: 1n << 31n };

/** A model that takes texts gets a number as decimal digits. */
function encodeId({ inputName, datatype }: SequenceControl, { id, numericId }: SequencePosition): Uint8Array | string {
  const said = id.slice(1);
  if (datatype === 'BYTES') {
    const text = Buffer.from(said);
    const element = Buffer.alloc(4 + text.byteLength);
    element.writeUInt32LE(text.byteLength);
    text.copy(element, 4);
    return element;
  }
  const bound = ID_BOUNDS[datatype] ?? 0n;
  if (numericId === undefined || numericId >= bound)
    return `sequence_id '${said}' does not fit its input '${inputName}', which is ${datatype}: give an integer below ${bound}`;
  const element = Buffer.alloc(8);
  element.writeBigUInt64LE(numericId);
  return element.subarray(0, DATATYPES[datatype].size);
}
