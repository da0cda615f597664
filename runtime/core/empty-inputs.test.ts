import { describe, expect, test } from '@jest/globals';
import { answerEmpty, type EmptyPolicy } from './empty-inputs.js';
import type { ModelSignature } from './signature.js';
import { countElements, type Tensor } from './tensor.js';

const SIGNATURE: ModelSignature = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, -1], symbols: ['n', 'm'] },
    { name: 'scale', datatype: 'FP32', shape: [-1], symbols: ['k'] },
  ],
  outputs: [
    { name: 'y', datatype: 'FP32', shape: [-1, 3], symbols: ['n', ''] },
    { name: 'free', datatype: 'INT64', shape: [-1, -1], symbols: ['n', ''] },
    { name: 'all', datatype: 'FP32', shape: [3], symbols: [''] },
  ],
};
const AXES = {
  inputs: new Map([['x', 0]] as const),
  outputs: new Map([
    ['y', 0],
    ['free', 0],
    ['all', undefined],
  ] as const),
};

function x(...shape: number[]): Tensor {
  return { name: 'x', datatype: 'FP32', shape, data: new Uint8Array(4 * countElements(shape)) };
}

function scale(size: number): Tensor {
  return { ...x(size), name: 'scale' };
}

function ask(policy: EmptyPolicy, inputs: Tensor[], { outputs = ['y'], hasState = false } = {}): unknown {
  try {
    const answer = answerEmpty(policy, { model: 'm', signature: SIGNATURE, inputs, outputs, hasState });
    return answer === undefined ? 'run' : answer.map(({ name, shape }) => `${name} [${shape}]`).join();
  } catch (error) {
    return error instanceof Error ? error.message.replace(/ is not known.*/, '') : error;
  }
}

describe('a request', () => {
  const proven: EmptyPolicy = { risk: 'TopK', rowAxes: AXES };
  const REFUSED = "input 'x' for model 'm' has no elements: dimension 0 of its shape [0,4] is 0, and the model's operator TopK";
  test.each([
    ['with elements runs', proven, [x(2, 4)], {}, 'run'],
    ['of zero rows is answered where rows are independent', proven, [x(0, 4)], {}, 'y [0,3]'],
    ['of zero rows is answered so without a risk too', { risk: undefined, rowAxes: AXES }, [x(0, 4)], {}, 'y [0,3]'],
    ['of zero rows beside a shared input is answered', proven, [x(0, 4), scale(1)], {}, 'y [0,3]'],
    ['of zero rows runs where all operators take them', { risk: undefined }, [x(0, 4)], {}, 'run'],
    ['of zero rows is refused where rows are not independent', { risk: 'TopK' }, [x(0, 4)], {}, REFUSED],
    ['for an output of unknown size is refused', proven, [x(0, 4)], { outputs: ['y', 'free'] }, REFUSED],
    ['for an output without rows is refused', proven, [x(0, 4)], { outputs: ['all'] }, REFUSED],
    ['of a sequence is refused: its state would not hear of it', proven, [x(0, 4)], { hasState: true }, REFUSED],
    ['with another dimension of zero is refused', proven, [x(2, 0)], {}, REFUSED.replace('0 of its shape [0,4]', '1 of its shape [2,0]')],
    ['with both of zero is refused', proven, [x(0, 0)], {}, REFUSED.replace('[0,4]', '[0,0]')],
    [
      'with an empty shared input is refused',
      proven,
      [x(0, 4), { ...x(0, 4), name: 'scale', shape: [0] }],
      {},
      "input 'x' for model 'm' has no elements: dimension 0 of its shape [0,4] is 0, and the model's operator TopK",
    ],
    ['with rows beside an empty shared input is refused', proven, [x(2, 4), scale(0)], {}, REFUSED.replace("'x'", "'scale'").replace('[0,4]', '[0]')],
  ] as const)('%s', (_, policy, inputs, options, want) => {
    expect(ask(policy, [...inputs], { outputs: ['y'], ...options } as { outputs: string[]; hasState?: boolean })).toBe(want);
  });
});
