import { describe, expect, test } from '@jest/globals';
import { parseServeFlags } from './serve-flags.js';

describe('parseServeFlags', () => {
  test('defaults on a laptop: loopback, no drain delay', () => {
    expect(parseServeFlags(['m.onnx'], false)).toEqual({
      path: 'm.onnx',
      host: '127.0.0.1',
      grpcPort: 8001,
      restPort: 8000,
      metricsPort: 8002,
      drainDelaySeconds: 0,
      drainTimeoutSeconds: 30,
    });
  });
  test('defaults in Kubernetes: every address, time for endpoints to forget the pod', () => {
    expect(parseServeFlags(['m.onnx'], true)).toMatchObject({ host: '::', drainDelaySeconds: 10 });
  });
  test('every flag', () => {
    const flags =
      '--model-name r --model-version 2 --grpc-port 1 --rest-port 2 --metrics-port 3 --host ::1 --accelerator nvidia --drain-delay 0.5 --drain-timeout 7';
    expect(parseServeFlags(['dir', ...flags.split(' ')], true)).toEqual({
      path: 'dir',
      modelName: 'r',
      modelVersion: '2',
      host: '::1',
      grpcPort: 1,
      restPort: 2,
      metricsPort: 3,
      accelerator: 'nvidia',
      drainDelaySeconds: 0.5,
      drainTimeoutSeconds: 7,
    });
  });
  test.each([
    { name: 'no path', argv: [], want: /needs the path/ },
    { name: 'two paths', argv: ['a', 'b'], want: /takes one path, but got 2: a b/ },
    { name: 'a port beyond the last', argv: ['a', '--grpc-port', '65536'], want: /--grpc-port "65536" is not a port/ },
    { name: 'a port that is no number', argv: ['a', '--rest-port', 'http'], want: /--rest-port "http"/ },
    { name: 'a negative time', argv: ['a', '--drain-delay=-1'], want: /--drain-delay "-1" is not a time/ },
    { name: 'an empty time', argv: ['a', '--drain-timeout', ''], want: /--drain-timeout "" is not a time/ },
    { name: 'an unknown accelerator', argv: ['a', '--accelerator', 'tpu'], want: /give nvidia, amd, intel/ },
    { name: 'an unknown flag', argv: ['a', '--batch'], want: /--batch/ },
  ])('refuses $name', ({ argv, want }) => expect(parseServeFlags(argv, false)).toMatch(want));
});
