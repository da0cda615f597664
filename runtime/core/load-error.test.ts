import { describe, expect, test } from '@jest/globals';
import { classifyLoadError, cleanRuntimeText, newRunError } from './load-error.js';

describe('classifyLoadError sorts the words of ONNX Runtime 1.30', () => {
  test.each([
    ['Load model from m.onnx failed:Protobuf parsing failed.', 'MODEL_INVALID'],
    [
      'ONNX Runtime only *guarantees* support for models stamped with official released onnx opset versions. Opset 99 is under development',
      'MODEL_INVALID',
    ],
    ['Fatal error: example.com:Warp(-1) is not a registered function/op', 'OP_UNSUPPORTED'],
    ["NOT_IMPLEMENTED : Could not find an implementation for Conv(11) node with name 'c'", 'OP_UNSUPPORTED'],
    ['OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library', 'PROVIDER_MISSING'],
    ["Invalid argument: sessionOptions.executionProviders[0] is unsupported: 'rocm'.", 'PROVIDER_MISSING'],
    ['something nobody has seen', 'MODEL_INVALID'],
  ])('%s', (text, want) => expect(classifyLoadError(text)).toBe(want));
});

test('cleanRuntimeText leaves one line without paths of the build', () => {
  expect(cleanRuntimeText('Bad:\n/onnxruntime_src/onnxruntime/core/graph.cc:12  no\tnode \n')).toBe('Bad: no node');
});

test('cleanRuntimeText leaves out C++ signatures', () => {
  const text =
    'Load model from m.onnx failed:void onnxruntime::model_load_utils::ValidateOpsetForDomain(const std::unordered_map<std::__cxx11::basic_string<char>, int>&, const onnxruntime::logging::Logger&, bool, const std::string&, int) ONNX Runtime only guarantees (for now) opset 26.';
  expect(cleanRuntimeText(text)).toBe('Load model from m.onnx failed: ONNX Runtime only guarantees (for now) opset 26.');
});

describe('newRunError never quotes values', () => {
  test.each([
    [
      "Non-zero status code returned while running Gather node. Name:'lookup' Status Message: idx=424242 must be within",
      'INVALID_ARGUMENT',
      /node 'lookup' \(Gather\)$/,
    ],
    ['std::bad_alloc', 'RESOURCE_EXHAUSTED', /out of memory/],
    ['424242 is not what I wanted', 'INTERNAL', /^ONNX Runtime could not run model 'm'$/],
  ])('%s', (text, code, message) => {
    const error = newRunError('m', text);
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    expect(error.message).not.toContain('424242');
  });
});
