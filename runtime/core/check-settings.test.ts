import { describe, expect, test } from '@jest/globals';
import { findMismatch } from './check-settings.js';
import { DEFAULT_MODEL_SETTINGS, type DeclaredTensor } from './model-settings.js';
import { type ModelSignature, withDefaults } from './signature.js';

const required: ModelSignature = { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2], symbols: ['n', ''] }], outputs: [] };
const optional = withDefaults(required, [{ name: 'x', datatype: 'FP32', shape: [3, 2], data: new Uint8Array(24) }]);
const settings = (declared: Partial<DeclaredTensor>) => ({ ...DEFAULT_MODEL_SETTINGS, inputs: [{ name: 'x', isOptional: false, ...declared }] });

describe('optional inputs that the configuration declares', () => {
  test.each([
    { name: 'optional in both', signature: optional, declared: { isOptional: true } },
    { name: 'optional in the model alone', signature: optional, declared: {} },
    { name: 'dims that the default has', signature: optional, declared: { isOptional: true, dims: [3, 2] } },
  ])('accepts $name', ({ signature, declared }) => expect(findMismatch(signature, settings(declared))).toBeUndefined());

  test.each([
    {
      name: 'optional in the configuration alone',
      signature: required,
      declared: { isOptional: true },
      want: 'The configuration declares input "x", but it is optional there and the model has no default for it: remove "optional", or give the graph an initializer of that name (IR version 4 or later)',
    },
    {
      name: 'dims that the default does not have',
      signature: optional,
      declared: { dims: [1, 2] },
      want: `The configuration declares input "x", but its dims are [1,2] and the model's default for it has the shape [3,2]: make the dims free`,
    },
  ])('refuses $name', ({ signature, declared, want }) => expect(findMismatch(signature, settings(declared))).toBe(want));
});
