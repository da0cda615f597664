/** h2spec, the conformance test of HTTP/2 and HPACK, against the real server's gRPC port: one test for each of its sections. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execAny } from '../../hack/exec.js';
import { ensureH2spec } from './foreign-tools.js';
import { H2SPEC_EXCEPTIONS } from './h2spec-exceptions.js';
import { type H2specOutcome, parseH2specReport } from './h2spec-report.js';
import { ModelFolder } from './model-folder.js';
import { PENDING } from './pending.js';
import { ServerProcess } from './server-process.js';
import { makeDoubleModel } from './tiny-models.js';

/** As sections of h2spec's report, in its order. */
const SECTIONS = [
  ...[
    'generic/1',
    'generic/2',
    'generic/3.1',
    'generic/3.2',
    'generic/3.3',
    'generic/3.4',
    'generic/3.5',
    'generic/3.7',
    'generic/3.8',
    'generic/3.9',
    'generic/3.10',
    'generic/4',
    'generic/5',
  ],
  ...[
    'http2/3.5',
    'http2/4.1',
    'http2/4.2',
    'http2/4.3',
    'http2/5.1',
    'http2/5.1.1',
    'http2/5.1.2',
    'http2/5.3.1',
    'http2/5.4.1',
    'http2/5.5',
    'http2/6.1',
    'http2/6.2',
    'http2/6.3',
    'http2/6.4',
    'http2/6.5',
    'http2/6.5.2',
    'http2/6.5.3',
    'http2/6.7',
    'http2/6.8',
    'http2/6.9',
    'http2/6.9.1',
    'http2/6.9.2',
    'http2/6.10',
    'http2/7',
    'http2/8.1',
    'http2/8.1.2',
    'http2/8.1.2.1',
    'http2/8.1.2.2',
    'http2/8.1.2.3',
    'http2/8.1.2.6',
    'http2/8.2',
  ],
  ...['hpack/2.3.3', 'hpack/4.2', 'hpack/5.2', 'hpack/6.1', 'hpack/6.3'],
];
/** Cases that wait for a frame that does not come end after this. */
const CASE_TIMEOUT_SECONDS = '2';
const SUITE = 'h2spec: ';

const models = new ModelFolder();
const folder = mkdtempSync(join(tmpdir(), 'slipway-h2spec-'));
let server: ServerProcess;
let outcomes: ReadonlyMap<string, H2specOutcome> = new Map();

beforeAll(async () => {
  const h2spec = await ensureH2spec();
  models.add('double', makeDoubleModel(2));
  server = new ServerProcess([models.path]);
  const [host = '', port = ''] = (await server.waitUntilReady()).grpc.split(':');
  const report = join(folder, 'report.xml');
  // its exit code says that a case failed, which the report says better
  await execAny(h2spec, ['--strict', '-h', host, '-p', port, '--timeout', CASE_TIMEOUT_SECONDS, '-j', report], { timeoutMs: 300_000 });
  outcomes = parseH2specReport(readFileSync(report, 'utf8'));
}, 900_000);
afterAll(async () => {
  await server.stop();
  models.remove();
  rmSync(folder, { recursive: true });
});

/** Those that have to fail, by exception or because what they want is not there yet. */
function readExpected(): string[] {
  const pending = Object.keys(PENDING).filter((check) => check.startsWith(SUITE));
  return [...Object.keys(H2SPEC_EXCEPTIONS), ...pending.map((check) => check.slice(SUITE.length))];
}

test.each(SECTIONS)('%s', (section) => {
  const ofSection = (name: string): boolean => name.startsWith(`${section} `);
  const expected = readExpected().filter(ofSection);
  const cases = [...outcomes].filter(([name]) => ofSection(name));
  expect(cases).not.toEqual([]);
  const faults = cases.filter(([name, { kind }]) => kind !== 'passed' && !expected.includes(name));
  expect(faults).toEqual([]);
  const stale = cases.filter(([name, { kind }]) => kind === 'passed' && expected.includes(name));
  expect(stale.map(([name]) => `${name} passes: take its line out of the table`)).toEqual([]);
});

test('no section is left out, and the tables name cases that are there', () => {
  expect([...new Set([...outcomes.keys()].map((name) => name.split(' ')[0]))]).toEqual(SECTIONS);
  expect(readExpected().filter((name) => !outcomes.has(name))).toEqual([]);
});
