/** The real server over HTTP, asked by Triton's client as it is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DATATYPES } from '../../runtime/core/datatype.js';
import { makeModels, runForeignClient } from './foreign-client.js';
import { ensurePythonVenv } from './python-venv.js';
import { ServerProcess } from './server-process.js';

type Answers = Readonly<Record<string, unknown>>;

const folder = mkdtempSync(join(tmpdir(), 'slipway-models-'));
let python = '';
let server: ServerProcess;
let rest = '';

beforeAll(async () => {
  python = await ensurePythonVenv();
  await makeModels(python, folder);
  server = new ServerProcess([join(folder, 'good')]);
  ({ rest } = await server.waitUntilReady());
}, 600_000);

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

function ask(command: string): Promise<Answers> {
  return runForeignClient<Answers>(python, command, new URL(rest).host, 'foreign/answers_http.py');
}

describe('datatypes with tritonclient', () => {
  let answers: Answers = {};
  beforeAll(async () => {
    answers = await ask('datatypes');
  });
  const forms = (name: string): string[] => (name === 'FP16' ? ['binary', 'default'] : ['binary', 'default', 'json']);
  const cases = Object.keys(DATATYPES).flatMap((name) =>
    ['scalar', 'empty', 'matrix'].flatMap((kind) => forms(name).map((form) => `${name} ${kind} ${form}`)),
  );
  test.each([...cases, 'gzip', 'deflate'])('%s comes back bit for bit', (name) => expect(answers[name]).toBe('ok'));
});

describe('answers and refusals', () => {
  let answers: Answers = {};
  beforeAll(async () => {
    answers = await ask('errors');
  });
  test.each([
    ['good', '10 [[2.0, 2.0]]'],
    ['json', '10 [[2.0, 2.0]]'],
    ['named version', '2 [[2.0, 2.0]]'],
    ['unknown model', "404 Request for unknown model: 'nobody' is not found"],
    ['unknown version', "404 Request for unknown model: 'sums' version 3 is not found. Versions here: 2, 10"],
    ['wrong name', "400 unexpected inference input 'c' for model 'sums'. Allowed inputs are: 'a','b'"],
    ['wrong shape', "400 unexpected shape for input 'a' for model 'sums'. Expected [-1,2], got [1,3]"],
    ['wrong datatype', "400 inference input 'a' data-type is 'FP64', but model 'sums' expects 'FP32'"],
    ['unknown output', "400 unexpected inference output 'product' for model 'sums'. Allowed outputs are: 'sum','difference'"],
    ['NaN', '400 inputs[0].data[0] is NaN or Infinity, which JSON does not have: send the tensor as binary data'],
    ['NaN in binary', 'ok'],
    ['Infinity answered', /^400 output 'y' holds NaN or Infinity, which JSON cannot carry/],
    ['over the limit', "413 the request's body is larger than the limit of 67108864 bytes"],
    ['afterwards', '10 [[2.0, 2.0]]'],
  ])('%s', (name, want) => expect(answers[name]).toEqual(typeof want === 'string' ? want : expect.stringMatching(want)));
});

test('what `curl -d` sends: a form by its Content-Type, and JSON all the same', async () => {
  const body = '{"inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"data":[[1,2]]},{"name":"b","datatype":"FP32","shape":[1,2],"data":[3,4]}]}';
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await fetch(`${rest}/v2/models/sums/infer`, { method: 'POST', body, headers });
  expect(await answer.json()).toEqual({
    model_name: 'sums',
    model_version: '10',
    outputs: [
      { name: 'sum', datatype: 'FP32', shape: [1, 2], data: [4, 6] },
      { name: 'difference', datatype: 'FP32', shape: [1, 2], data: [-2, -2] },
    ],
  });
});

test('a request in flight is answered although the server was told to end', async () => {
  const ending = new ServerProcess([join(folder, 'slow', 'slow.onnx')]);
  try {
    const address = await ending.waitUntilReady();
    const json = '{"inputs":[{"name":"x","datatype":"FP32","shape":[512,1024],"parameters":{"binary_data_size":2097152}}],"outputs":[{"name":"y"}]}';
    const body = Buffer.concat([Buffer.from(json), Buffer.alloc(2097152)]);
    const headers = { 'inference-header-content-length': String(json.length) };
    const answered = fetch(`${address.rest}/v2/models/slow/infer`, { method: 'POST', body, headers });
    await waitUntilPending(address.metrics);
    ending.signal('SIGTERM');
    const answer = await answered;
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    expect(await answer.text()).toContain('"shape":[512,1024]');
    expect(await ending.exitCode).toBe(0);
  } finally {
    await ending.stop();
  }
});

async function waitUntilPending(metrics: string): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${metrics}/metrics`)).text();
    if (/slipway_runtime_pending_requests\{model="slow",version="1"\} 1/.test(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
