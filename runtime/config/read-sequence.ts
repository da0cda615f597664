/** `sequence_batching` → how the requests of one correlation id hang together. */
import type { Datatype } from '../core/datatype.js';
import type { ModelSettings, SequenceControl, SequenceControlKind, SequenceSettings, SequenceState } from '../core/model-settings.js';
import type { MessageReader } from './message-reader.js';
import { readMicroseconds } from './read-batching.js';
import { readDatatype } from './read-datatype.js';
import { readDims } from './read-tensors.js';

/** Triton's default of max_sequence_idle_microseconds. */
const DEFAULT_IDLE_SECONDS = 1;
const DEFAULT_MAX_SEQUENCES = 1024;
const MAX_SEQUENCES = 1_000_000;
const KINDS = { CONTROL_SEQUENCE_START: 0, CONTROL_SEQUENCE_READY: 1, CONTROL_SEQUENCE_END: 2, CONTROL_SEQUENCE_CORRID: 3 } as const;
const KIND_NAMES = {
  CONTROL_SEQUENCE_START: 'START',
  CONTROL_SEQUENCE_READY: 'READY',
  CONTROL_SEQUENCE_END: 'END',
  CONTROL_SEQUENCE_CORRID: 'CORRID',
} as const satisfies Record<keyof typeof KINDS, SequenceControlKind>;
/** Datatypes that a correlation id can travel in. */
const CORRELATION_TYPES: readonly Datatype[] = ['UINT64', 'INT64', 'UINT32', 'INT32', 'BYTES'];

export function readSequence(reader: MessageReader | undefined): Partial<Pick<ModelSettings, 'sequence' | 'preserveOrdering' | 'preferredRows'>> {
  if (reader === undefined) return {};
  const oldest = reader.message('oldest', 'StrategyOldest');
  const strategy = oldest ?? reader.message('direct', 'StrategyDirect');
  const idle = readMicroseconds(reader, 'max_sequence_idle_microseconds') ?? 0;
  const sequence: SequenceSettings = {
    strategy: oldest === undefined ? 'Direct' : 'Oldest',
    maxIdleSeconds: idle === 0 ? DEFAULT_IDLE_SECONDS : idle,
    maxSequences: oldest?.integer('max_candidate_sequences', 1, MAX_SEQUENCES) ?? DEFAULT_MAX_SEQUENCES,
    maxDelaySeconds: strategy === undefined ? 0 : (readMicroseconds(strategy, 'max_queue_delay_microseconds') ?? 0),
    states: reader.messages('state', 'State').map(readState),
    controls: reader.messages('control_input', 'ControlInput').flatMap(readControls),
  };
  if (oldest === undefined) return { sequence };
  const preferredRows = [...new Set(oldest.integers('preferred_batch_size', 1, 2 ** 31 - 1))].sort((a, b) => a - b);
  return { sequence, preferredRows, preserveOrdering: oldest.flag('preserve_ordering') ?? false };
}

function readControls(input: MessageReader): SequenceControl[] {
  const inputName = input.text('name') ?? '';
  if (inputName === '') input.fail('name', 'a "control_input" has no "name": give that of the model\'s input');
  const controls = input.messages('control', 'Control');
  if (controls.length === 0) input.fail('control', `"control_input" "${inputName}" has no "control": say what it tells the model`);
  return controls.map((control) => readControl(control, inputName));
}

function readControl(control: MessageReader, inputName: string): SequenceControl {
  const kind = KIND_NAMES[control.choice('kind', KINDS) ?? 'CONTROL_SEQUENCE_START'];
  const values = readFalseTrue(control);
  if (kind === 'CORRID') {
    const datatype = readDatatype(control);
    if (values !== undefined) control.fail('kind', `the correlation id of "${inputName}" has no values for false and true: take them out`);
    if (datatype === undefined || !CORRELATION_TYPES.includes(datatype))
      return control.fail('data_type', `the correlation id of "${inputName}" needs a "data_type": give one of ${CORRELATION_TYPES.join(', ')}`);
    return { inputName, kind, datatype };
  }
  if (values === undefined)
    return control.fail('kind', `"${inputName}" needs one of int32_false_true, fp32_false_true, bool_false_true: [value for no, value for yes]`);
  return { inputName, kind, ...values };
}

function readFalseTrue(control: MessageReader): (Pick<SequenceControl, 'datatype'> & { falseTrue: readonly [number, number] }) | undefined {
  const given = [
    { name: 'int32_false_true', datatype: 'INT32', values: control.integers('int32_false_true', -(2 ** 31), 2 ** 31 - 1) },
    { name: 'fp32_false_true', datatype: 'FP32', values: control.decimals('fp32_false_true') },
    { name: 'bool_false_true', datatype: 'BOOL', values: control.flags('bool_false_true').map(Number) },
  ] as const;
  const [first, second] = given.filter(({ values }) => values.length > 0);
  if (second !== undefined) control.fail(second.name, `"${second.name}" and "${first?.name}" exclude each other: keep one`);
  if (first === undefined) return undefined;
  const [no, yes, more] = first.values;
  if (no === undefined || yes === undefined || more !== undefined)
    return control.fail(first.name, `"${first.name}" has ${first.values.length} values: give two, for no and for yes`);
  return { datatype: first.datatype, falseTrue: [no, yes] };
}

function readState(state: MessageReader): SequenceState {
  const inputName = state.text('input_name') ?? '';
  const outputName = state.text('output_name') ?? '';
  if (inputName === '' || outputName === '') state.fail('input_name', 'a "state" needs "input_name" and "output_name": tensors of the model');
  const datatype = readDatatype(state);
  if (datatype === undefined) return state.fail('data_type', `state "${inputName}" needs a "data_type"`);
  const [initial, second] = state.messages('initial_state', 'InitialState');
  if (second !== undefined) state.fail('initial_state', `state "${inputName}" has several "initial_state": keep one`);
  const file = initial?.text('data_file') ?? '';
  if (file !== '' && /[/\\\0]|^\./.test(file)) initial?.fail('data_file', `"${file}" is no file name: the file lies in the folder initial_state`);
  const initialDims = initial === undefined ? [] : readDims(initial, 'dims');
  return {
    inputName,
    outputName,
    datatype,
    dims: readDims(state, 'dims'),
    ...(file === '' ? {} : { initialFile: file }),
    ...(initialDims.length === 0 ? {} : { initialDims }),
  };
}
