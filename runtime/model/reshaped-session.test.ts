import { describe, expect, test } from '@jest/globals';
import { FakeSession } from '../../test/runtime/fake-backend.js';
import { DEFAULT_MODEL_SETTINGS, type ModelSettings } from '../core/model-settings.js';
import { reshapeSession } from './reshaped-session.js';

const inner = new FakeSession({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1, 4], symbols: ['n', '', ''] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1, 4], symbols: ['n', '', ''] }],
});
const settings: ModelSettings = {
  ...DEFAULT_MODEL_SETTINGS,
  maxBatchRows: 8,
  inputs: [{ name: 'x', dims: [4], reshape: [1, 4], isOptional: false }],
  outputs: [{ name: 'y', dims: [2, 2], reshape: [1, 4], isOptional: false }],
};

describe('reshapeSession', () => {
  test('a model that is shown as it is keeps its session', () => expect(reshapeSession(inner, DEFAULT_MODEL_SETTINGS)).toBe(inner));
  test('the model gets its shapes and the client its own; the bytes are the same', async () => {
    const session = reshapeSession(inner, settings);
    const data = new Uint8Array(32);
    const input = { name: 'x', datatype: 'FP32', shape: [2, 4], data } as const;
    const { outputs } = await session.run({ parts: [{ inputs: [input], rows: 2 }], outputs: ['y'] });
    expect([...session.signature.inputs, ...session.signature.outputs].map(({ shape }) => shape)).toEqual([
      [-1, 4],
      [-1, 2, 2],
    ]);
    expect(inner.runs.at(-1)?.[0]?.shape).toEqual([2, 1, 4]);
    expect([outputs[0]?.shape, outputs[0]?.data === data]).toEqual([[2, 2, 2], true]);
  });
});
