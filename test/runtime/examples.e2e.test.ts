/** The programs in examples/clients, run as a reader of the guide runs them, against the model that lies beside them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exec } from '../../hack/exec.js';
import { findProtoFolder } from '../../proto/load.js';
import { ensureGrpcurl } from './foreign-tools.js';
import { ensurePythonVenv } from './python-venv.js';
import { ServerProcess } from './server-process.js';

const root = dirname(findProtoFolder());
const examples = join(root, 'examples', 'clients');
const guide = readFileSync(join(root, 'docs', 'guides', 'clients.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'slipway-examples-'));
const servers: ServerProcess[] = [];
let python = '';
let path = '';

beforeAll(async () => {
  python = await ensurePythonVenv();
  path = [process.env['PATH'], dirname(await ensureGrpcurl())].join(delimiter);
}, 900_000);
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true });
});

async function serve(file: string): Promise<{ grpc: string; rest: string }> {
  const server = new ServerProcess([file, '--model-name', 'iris']);
  servers.push(server);
  const { grpc, rest } = await server.waitUntilReady();
  return { grpc, rest: new URL(rest).host };
}

/** File → what it prints. */
const EXAMPLES: Readonly<Record<string, { readonly over: 'grpc' | 'rest'; readonly program: () => string; readonly want: string }>> = {
  'predict.py': { over: 'grpc', program: () => python, want: 'setosa 0.982\n' },
  'predict.mjs': { over: 'grpc', program: () => process.execPath, want: 'setosa 0.982\n' },
  'predict-grpcurl.sh': { over: 'grpc', program: () => 'sh', want: 'setosa\n' },
  'predict-curl.sh': { over: 'rest', program: () => 'sh', want: 'setosa\n' },
  'predict-curl-binary.sh': { over: 'rest', program: () => 'sh', want: 'setosa\n' },
};

describe('the model beside the examples', () => {
  let address = { grpc: '', rest: '' };
  beforeAll(async () => {
    address = await serve(join(examples, 'iris.onnx'));
  });
  test.each(Object.entries(EXAMPLES))('%s prints its prediction', async (file, { over, program, want }) => {
    expect(await exec(program(), [join(examples, file), address[over]], { env: { PATH: path } })).toBe(want);
  });
  test('a shell example fails with the words of the server', async () => {
    const going = exec('sh', [join(examples, 'predict-grpcurl.sh'), '127.0.0.1:1'], { env: { PATH: path } });
    await expect(going).rejects.toThrow('connection refused');
  });
});

test('train_iris.py makes a model that answers alike', async () => {
  const trained = join(folder, 'iris.onnx');
  await exec(await ensurePythonVenv('models'), [join(examples, 'train_iris.py'), trained]);
  const { grpc } = await serve(trained);
  expect(await exec(python, [join(examples, 'predict.py'), grpc])).toBe('setosa 0.982\n');
}, 600_000);

describe('the guide', () => {
  const programs = readdirSync(examples).filter((name) => name.startsWith('predict'));
  test('has no example that is not run here', () => expect(programs.sort()).toEqual(Object.keys(EXAMPLES).sort()));
  test.each(programs)('names %s', (name) => expect(guide).toContain(`examples/clients/${name}`));
  test.each(['predict.py', 'predict.mjs', 'predict-curl.sh'])('shows %s as it is', (name) => {
    expect(guide).toContain(readFileSync(join(examples, name), 'utf8').trim());
  });
});
