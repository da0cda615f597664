/** `data_type`: Triton's name of a datatype → the protocol's. */
import { type Datatype, isDatatype } from '../core/datatype.js';
import { DATA_TYPES } from '../core/model-config.js';
import type { MessageReader } from './message-reader.js';

const NUMBERS = {
  TYPE_INVALID: 0,
  TYPE_BOOL: 1,
  TYPE_UINT8: 2,
  TYPE_UINT16: 3,
  TYPE_UINT32: 4,
  TYPE_UINT64: 5,
  TYPE_INT8: 6,
  TYPE_INT16: 7,
  TYPE_INT32: 8,
  TYPE_INT64: 9,
  TYPE_FP16: 10,
  TYPE_FP32: 11,
  TYPE_FP64: 12,
  TYPE_STRING: 13,
  TYPE_BF16: 14,
} as const;

const BY_TYPE: ReadonlyMap<string, Datatype> = new Map(
  Object.entries(DATA_TYPES).flatMap(([name, type]) => (isDatatype(name) ? [[type, name] as const] : [])),
);

/** Undefined when the field is absent or TYPE_INVALID, which is what absent means in protobuf. Throws ConfigError. */
export function readDatatype(reader: MessageReader): Datatype | undefined {
  const type = reader.choice('data_type', NUMBERS);
  if (type === undefined || type === 'TYPE_INVALID') return undefined;
  return BY_TYPE.get(type) ?? reader.fail('data_type', `${type} cannot be served: ONNX Runtime's binding has no tensors of it`);
}
