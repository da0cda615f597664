import { describe, expect, test } from '@jest/globals';
import { FakeSession, makeEchoModel } from '../../test/runtime/fake-backend.js';
import { newUnbatchedPlan } from '../core/batch-plan.js';
import { CallState } from '../core/call-state.js';
import { NO_PARAMETERS } from '../core/parameters.js';
import { type ModelSignature, type TensorSpec, withDefaults } from '../core/signature.js';
import { prepareRequest } from './prepare-request.js';

const spec = (name: string): TensorSpec => ({ name, datatype: 'FP32', shape: [-1], symbols: ['n'] });
const fallback = { name: 'bias', datatype: 'FP32', shape: [3], data: new Uint8Array(12) } as const;
const signature: ModelSignature = withDefaults({ inputs: [spec('bias'), spec('x')], outputs: [spec('y')] }, [fallback]);

function prepare(of: ModelSignature, ...sent: readonly { name: string; rows: number }[]) {
  const { servable } = makeEchoModel(new FakeSession(of));
  if (servable === undefined) throw new Error('The model is not ready');
  const inputs = sent.map(({ name, rows }) => ({ name, datatype: 'FP32', shape: [rows], data: new Uint8Array(4 * rows), parameters: NO_PARAMETERS }));
  const plan = { ...newUnbatchedPlan('a test'), inputAxes: [0, 0], outputAxes: [0] };
  const request = { model: 'm', version: '', parameters: NO_PARAMETERS, inputs, outputs: [], call: new CallState() };
  return prepareRequest({ ...servable, signature: of, plan }, request, undefined);
}

describe('rows of a request', () => {
  test.each([
    {
      name: 'of the first input with a batch axis',
      sent: [
        { name: 'x', rows: 2 },
        { name: 'bias', rows: 2 },
      ],
      want: 2,
    },
    { name: 'of what was sent, when the first is optional and left out', sent: [{ name: 'x', rows: 2 }], want: 2 },
  ])('$name', ({ sent, want }) => expect(prepare(signature, ...sent).rows).toBe(want));

  test('of the defaults, when all was left out; their bytes count as held', () => {
    const all = withDefaults(signature, [{ ...fallback, name: 'x' }]);
    expect(prepare(all)).toMatchObject({ rows: 3, bytes: 24 });
  });
});
