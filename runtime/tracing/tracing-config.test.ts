import { describe, expect, test } from '@jest/globals';
import { readTracingConfig } from './tracing-config.js';

const DEFAULTS = { rate: 1000, maxQueue: 2048, maxBatch: 512, delayMs: 5000, timeoutMs: 30_000 };
const COMMON = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };

describe('readTracingConfig', () => {
  test.each([
    { name: 'nothing is given', env: {} },
    { name: 'the endpoint is empty', env: { OTEL_EXPORTER_OTLP_ENDPOINT: '' } },
    { name: 'OpenTelemetry is disabled', env: { ...COMMON, OTEL_SDK_DISABLED: 'TRUE' } },
    { name: 'the exporter is none', env: { ...COMMON, OTEL_TRACES_EXPORTER: 'none' } },
    { name: 'nothing goes anywhere, whatever the protocol', env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' } },
  ])('off when $name', ({ env }) => expect(readTracingConfig(undefined, env)).toBeUndefined());
  test('disabling wins over the flag', () => expect(readTracingConfig('http://c:4318', { OTEL_SDK_DISABLED: 'true' })).toBeUndefined());
  test.each([
    { name: 'the common endpoint gets a path', flag: undefined, env: COMMON, want: 'http://collector:4318/v1/traces' },
    { name: 'that of traces none', flag: undefined, env: { ...COMMON, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://t/x' }, want: 'https://t/x' },
    {
      name: 'the flag wins',
      flag: 'http://f:1',
      env: { ...COMMON, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://t/x' },
      want: 'http://f:1/v1/traces',
    },
    { name: 'a flag with the path keeps it', flag: 'http://f:1/v1/traces', env: {}, want: 'http://f:1/v1/traces' },
  ])('$name', ({ flag, env, want }) => expect(readTracingConfig(flag, env)).toEqual({ url: want, ...DEFAULTS }));
  test.each([
    { sampler: 'always_on', arg: undefined, want: 1 },
    { sampler: 'parentbased_always_on', arg: undefined, want: 1 },
    { sampler: 'always_off', arg: undefined, want: 0 },
    { sampler: 'parentbased_always_off', arg: undefined, want: 999_999_999 },
    { sampler: 'traceidratio', arg: '0.01', want: 100 },
    { sampler: 'traceidratio', arg: '0', want: 0 },
    { sampler: 'parentbased_traceidratio', arg: '0', want: 999_999_999 },
    { sampler: 'traceidratio', arg: undefined, want: 1 },
    { sampler: 'traceidratio', arg: '1e-300', want: 999_999_999 },
  ])('$sampler with $arg is one of $want', ({ sampler, arg, want }) =>
    expect(readTracingConfig('http://c:1', { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: arg })?.rate).toBe(want),
  );
  test('the bounds of the queue', () => {
    const env = {
      OTEL_BSP_MAX_QUEUE_SIZE: '100',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '200',
      OTEL_BSP_SCHEDULE_DELAY: '10',
      OTEL_BSP_EXPORT_TIMEOUT: '20',
    };
    expect(readTracingConfig('http://c:1', env)).toMatchObject({ maxQueue: 100, maxBatch: 100, delayMs: 10, timeoutMs: 20 });
  });
  test.each([
    { flag: 'collector:4318', env: {}, want: /--otlp-endpoint "collector:4318.*" is not an address: give http/ },
    { flag: undefined, env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'x' }, want: /OTEL_EXPORTER_OTLP_ENDPOINT "x/ },
    { flag: 'http://c:1', env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, want: /OTEL_EXPORTER_OTLP_PROTOCOL is "grpc": give http\/protobuf/ },
    { flag: 'http://c:1', env: { OTEL_TRACES_EXPORTER: 'zipkin' }, want: /OTEL_TRACES_EXPORTER is "zipkin": give otlp or none/ },
    { flag: 'http://c:1', env: { OTEL_TRACES_SAMPLER: 'jaeger_remote' }, want: /OTEL_TRACES_SAMPLER is "jaeger_remote"/ },
    { flag: 'http://c:1', env: { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, want: /ARG is "2": give a number from 0 to 1/ },
    { flag: 'http://c:1', env: { OTEL_BSP_MAX_QUEUE_SIZE: '0' }, want: /OTEL_BSP_MAX_QUEUE_SIZE is "0"/ },
  ])('refuses $flag $env', ({ flag, env, want }) => expect(() => readTracingConfig(flag, env)).toThrow(want));
});
