import { describe, expect, test } from '@jest/globals';
import { COUNTER_PLAN, COUNTER_SIGNATURE, counterSettings, makeStep, readInts } from '../../test/runtime/counter-session.js';
import type { SequenceControl } from '../core/model-settings.js';
import type { SequencePosition } from '../core/request-options.js';
import type { TensorSpec } from '../core/signature.js';
import { fillControl } from './control-tensor.js';
import { SequenceInputs } from './sequence-inputs.js';

const START: SequencePosition = { id: 'n42', numericId: 42n, isStart: true, isEnd: false };
const MIDDLE: SequencePosition = { id: 'scam', isStart: false, isEnd: false };
const SPEC: TensorSpec = { name: 'c', datatype: 'INT32', shape: [-1, 1], symbols: ['N', ''] };

describe('a control', () => {
  const flag = (kind: 'START' | 'READY' | 'END', datatype: 'INT32' | 'FP32' | 'BOOL'): SequenceControl => ({
    inputName: 'c',
    kind,
    datatype,
    falseTrue: [0, 1],
  });
  const id = (datatype: SequenceControl['datatype']): SequenceControl => ({ inputName: 'c', kind: 'CORRID', datatype });
  test.each([
    ['START of the first', flag('START', 'INT32'), START, [1, 0, 0, 0]],
    ['START of another', flag('START', 'INT32'), MIDDLE, [0, 0, 0, 0]],
    ['END of the first', flag('END', 'FP32'), START, [0, 0, 0, 0]],
    ['READY always', flag('READY', 'FP32'), MIDDLE, [0, 0, 0x80, 0x3f]],
    ['a flag that is a boolean', flag('READY', 'BOOL'), MIDDLE, [1]],
    ['false and true turned round', { ...flag('START', 'INT32'), falseTrue: [7, -1] as const }, START, [255, 255, 255, 255]],
    ['the id as a number', id('UINT64'), START, [42, 0, 0, 0, 0, 0, 0, 0]],
    ['the id as a small number', id('INT32'), START, [42, 0, 0, 0]],
    ['the id as a text', id('BYTES'), MIDDLE, [3, 0, 0, 0, 99, 97, 109]],
    ['a number as a text', id('BYTES'), START, [2, 0, 0, 0, 52, 50]],
  ] as const)('%s', (_name, control, position, want) => {
    const tensor = fillControl([control], { spec: SPEC, shape: [1, 1], position });
    expect(tensor).toMatchObject({ name: 'c', datatype: control.datatype, shape: [1, 1], data: Uint8Array.from(want) });
  });

  test('a correlation id that does not fit is refused by name', () => {
    expect(fillControl([id('UINT64')], { spec: SPEC, shape: [1], position: MIDDLE })).toMatch(/sequence_id 'cam' does not fit its input 'c'/);
    const large = { ...START, numericId: 1n << 31n };
    expect(fillControl([id('INT32')], { spec: SPEC, shape: [1], position: large })).toMatch(/give an integer below 2147483648/);
  });
});

describe('the inputs of the model', () => {
  const make = (dims: readonly number[], { file, content, maxBatchRows }: { file?: string; content?: Uint8Array; maxBatchRows?: number } = {}) => {
    const initialFile = file === undefined ? {} : { initialFile: file };
    const states = [{ inputName: 's', outputName: 't', datatype: 'INT32', dims, ...initialFile } as const];
    const controls: SequenceControl[] = [{ inputName: 'start', kind: 'START', datatype: 'INT32', falseTrue: [0, 1] }];
    const settings = { ...counterSettings({ states, controls }), ...(maxBatchRows === undefined ? {} : { maxBatchRows }) };
    const signature = { ...COUNTER_SIGNATURE, inputs: [...COUNTER_SIGNATURE.inputs, { ...SPEC, name: 'start' }] };
    const plan = { ...COUNTER_PLAN, inputAxes: maxBatchRows === undefined ? [0, 1, 0] : [] };
    const initialFiles = new Map(content === undefined ? [] : [['first', content]]);
    return new SequenceInputs({ model: 'm', signature, plan, settings, initialFiles }, settings.sequence);
  };
  const describeInputs = (inputs: SequenceInputs, values: readonly number[], states?: Parameters<SequenceInputs['fill']>[2]) =>
    inputs.fill(makeStep(values), START, states).map((tensor) => `${tensor.name}[${tensor.shape}]=${readInts(tensor)}`);

  test('are the client’s, the state and the controls, in the order of the signature', () => {
    expect(describeInputs(make([1, 1]), [5, 6])).toEqual(['x[2,1]=5,6', 's[1,2]=0,0', 'start[2,1]=1,1']);
    const state = { name: 's', datatype: 'INT32', shape: [1, 1], data: Uint8Array.of(9, 0, 0, 0) } as const;
    expect(describeInputs(make([1, 1]), [5], [state])).toEqual(['x[1,1]=5', 's[1,1]=9', 'start[1,1]=1']);
  });

  test('begin with the file, once for each row', () => {
    const inputs = make([1, 1], { file: 'first', content: Uint8Array.of(3, 0, 0, 0) });
    expect(describeInputs(inputs, [5, 6])[1]).toBe('s[1,2]=3,3');
    expect(describeInputs(inputs, [5])[1]).toBe('s[1,1]=3');
    expect(inputs.countInitialBytes(makeStep([5, 6]))).toBe(8);
  });

  test('begin with the dims of the initial state, where nothing else fixes one', () => {
    const state = { inputName: 's', outputName: 't', datatype: 'INT32', dims: [1, -1], initialDims: [1, 3] } as const;
    const settings = counterSettings({ states: [state] });
    const [x, s] = COUNTER_SIGNATURE.inputs;
    const signature = { ...COUNTER_SIGNATURE, inputs: x === undefined || s === undefined ? [] : [x, { ...s, symbols: ['', ''] }] };
    const model = { model: 'm', signature, plan: { ...COUNTER_PLAN, inputAxes: [] }, settings, initialFiles: new Map<string, Uint8Array>() };
    expect(describeInputs(new SequenceInputs(model, settings.sequence), [5])[1]).toBe('s[1,3]=0,0,0');
  });

  test('without a plan, a dimension that an input has by name is that input’s', () => {
    expect(describeInputs(make([1], { maxBatchRows: 8 }), [5, 6])).toEqual(['x[2,1]=5,6', 's[1,2]=0,0', 'start[2,1]=1,1']);
  });

  test.each([
    ['a file that is not there', undefined, /initial_state\/first, which is not there/],
    ['a file of another size', new Uint8Array(8), /has 8 bytes: give 4 bytes for one row of INT32 \[1,1\]/],
  ])('%s fails the load', (_name, content, want) => {
    expect(() => make([1, 1], { file: 'first', ...(content === undefined ? {} : { content }) })).toThrow(want);
  });
});
