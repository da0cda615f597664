import { describe, expect, test } from '@jest/globals';
import { parseServeFlags as parse } from './serve-flags.js';

const FILES: ReadonlyMap<string, string> = new Map([
  ['c.yaml', 'path: models\ngrpc-port: 9001\nwatch: true\nmodels:\n  reader:\n    max_batch_size: 8\n'],
  ['typo.yaml', 'path: m\ngrpcport: 1\n'],
  ['model.yaml', 'path: m\nmodels:\n  reader:\n    max_batchsize: 8\n'],
  ['port.yaml', 'path: m\nrest-port: http\n'],
  ['switch.yaml', 'path: m\nwatch: often\n'],
  ['broken.yaml', 'a: [1\nb: 2\n'],
  ['list.yaml', '- a\n'],
  ['empty.yaml', ''],
  ['watched.yaml', 'path: m\naccess-log: true\nload-report: true\notlp-endpoint: http://c:4318\n'],
]);
const parseServeFlags = (argv: readonly string[], inCluster: boolean) =>
  parse(argv, inCluster, (path) => {
    const text = FILES.get(path);
    if (text === undefined) throw new Error(`"${path}" cannot be read`);
    return text;
  });
const OFF = { models: new Map(), watch: false, admin: false, allowInlineModels: false, accessLog: false, loadReport: false };

describe('parseServeFlags', () => {
  test('defaults on a laptop: loopback, no drain delay', () => {
    expect(parseServeFlags(['m.onnx'], false)).toEqual({
      path: 'm.onnx',
      host: '127.0.0.1',
      grpcPort: 8001,
      restPort: 8000,
      metricsPort: 8002,
      drainDelaySeconds: 0,
      connections: {},
      drainTimeoutSeconds: 30,
      ...OFF,
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
      connections: {},
      drainTimeoutSeconds: 7,
      ...OFF,
    });
  });
  test('a file gives what the command line does not', () => {
    const config = parseServeFlags(['--config', 'c.yaml', '--rest-port', '7'], false);
    expect(config).toMatchObject({ path: 'models', grpcPort: 9001, restPort: 7, metricsPort: 8002, watch: true });
    expect(typeof config === 'string' ? [] : [...config.models.keys()]).toEqual(['reader']);
  });
  test('a flag wins over the file, and an argument over its path', () => {
    expect(parseServeFlags(['other', '--config', 'c.yaml', '--grpc-port', '1'], false)).toMatchObject({ path: 'other', grpcPort: 1 });
  });
  test('TLS, administration, models as bytes', () => {
    const flags = '--tls-cert c --tls-key k --tls-client-ca a --admin --allow-inline-models';
    expect(parseServeFlags(['m', ...flags.split(' ')], false)).toMatchObject({
      tls: { certFile: 'c', keyFile: 'k', clientCaFile: 'a' },
      admin: true,
      allowInlineModels: true,
    });
    expect(parseServeFlags(['m', '--admin-port', '9'], true)).toMatchObject({ admin: true, adminPort: 9 });
  });
  test('spans, access log, load reports', () => {
    const want = { otlpEndpoint: 'http://c:4318', accessLog: true, loadReport: true };
    expect(parseServeFlags(['m', '--otlp-endpoint', 'http://c:4318', '--access-log', '--load-report'], true)).toMatchObject(want);
    expect(parseServeFlags(['--config', 'watched.yaml'], false)).toMatchObject(want);
  });
  test.each([
    { name: '--admin without a port of its own', argv: ['m', '--admin'], want: /give --admin-port/ },
    { name: 'models as bytes', argv: ['m', '--admin-port', '1', '--allow-inline-models'], want: /--allow-inline-models is refused in Kubernetes/ },
  ])('Kubernetes refuses $name', ({ argv, want }) => expect(parseServeFlags(argv, true)).toMatch(want));
  test.each([
    { name: 'a file that is not there', argv: ['--config', 'absent.yaml'], want: /"absent.yaml" cannot be read/ },
    { name: 'a file without path', argv: ['--config', 'empty.yaml'], want: /needs the path/ },
    {
      name: 'an unknown setting',
      argv: ['--config', 'typo.yaml'],
      want: /^typo.yaml: grpcport: "grpcport" is no setting of the server; did you mean "grpc-port"\?/,
    },
    {
      name: 'an unknown setting of a model',
      argv: ['--config', 'model.yaml'],
      want: /^model.yaml: models.reader.max_batchsize: .* did you mean "max_batch_size"\?/,
    },
    { name: 'a wrong value in the file', argv: ['--config', 'port.yaml'], want: /^port.yaml: rest-port "http" is not a port/ },
    { name: 'a switch that is none', argv: ['--config', 'switch.yaml'], want: /^switch.yaml: watch is "often": give true or false/ },
    { name: 'broken YAML', argv: ['--config', 'broken.yaml'], want: /^broken.yaml:\d+:\d+: / },
    { name: 'a list', argv: ['--config', 'list.yaml'], want: /^list.yaml: is no map/ },
    { name: 'a key without certificate', argv: ['m', '--tls-key', 'k'], want: /give --tls-cert and --tls-key/ },
    { name: 'models as bytes that nobody can send', argv: ['m', '--allow-inline-models'], want: /needs --admin/ },
    { name: 'no path', argv: [], want: /needs the path/ },
    { name: 'two paths', argv: ['a', 'b'], want: /takes one path, but got 2: a b/ },
    { name: 'a port beyond the last', argv: ['a', '--grpc-port', '65536'], want: /--grpc-port "65536" is not a port/ },
    { name: 'a port that is no number', argv: ['a', '--rest-port', 'http'], want: /--rest-port "http"/ },
    { name: 'a negative time', argv: ['a', '--drain-delay=-1'], want: /--drain-delay "-1" is not a time/ },
    { name: 'an empty time', argv: ['a', '--drain-timeout', ''], want: /--drain-timeout "" is not a time/ },
    { name: 'an unknown accelerator', argv: ['a', '--accelerator', 'tpu'], want: /give nvidia, amd, intel/ },
    {
      name: 'a collector without scheme',
      argv: ['a', '--otlp-endpoint', 'collector:4317'],
      want: /--otlp-endpoint "collector:4317" is not an address/,
    },
    { name: 'an unknown flag', argv: ['a', '--batch'], want: /--batch/ },
  ])('refuses $name', ({ argv, want }) => expect(parseServeFlags(argv, false)).toMatch(want));
});
