/** h2spec, the conformance test of HTTP/2 and HPACK, against the real server's gRPC port: one test for each of its sections. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ensureH2spec } from './foreign-tools.js';
import { H2SPEC_EXCEPTIONS } from './h2spec-exceptions.js';
import { type H2specOutcome, isOvertaken } from './h2spec-report.js';
import { ModelFolder } from './model-folder.js';
import { PENDING } from './pending.js';
import { runH2spec } from './run-h2spec.js';
import { ServerProcess } from './server-process.js';
import { makeDoubleModel } from './tiny-models.js';

/** As sections of h2spec's report, in its order. */
const SECTIONS = [
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
  'hpack/2.3.3',
  'hpack/4.2',
  'hpack/5.2',
  'hpack/6.1',
  'hpack/6.3',
];
/** How often what a refusal overtook is tried again: the server answers GET / at once, and h2spec sends the frame in question after it. */
const RACES = 5;
const SUITE = 'h2spec: ';

const models = new ModelFolder();
let server: ServerProcess;
const outcomes = new Map<string, H2specOutcome>();

beforeAll(async () => {
  const h2spec = await ensureH2spec();
  models.add('double', makeDoubleModel(2));
  server = new ServerProcess([models.path]);
  const { grpc } = await server.waitUntilReady();
  for (const [name, outcome] of await runH2spec(h2spec, grpc)) outcomes.set(name, outcome);
  for (let race = 0; race < RACES; race++) {
    const again = findOvertaken();
    if (again.length === 0) break;
    const retried = await runH2spec(h2spec, grpc);
    for (const name of again) outcomes.set(name, retried.get(name) ?? { kind: 'failed', detail: 'not in the report when tried again' });
  }
}, 900_000);
afterAll(async () => {
  await server.stop();
  models.remove();
});

const readSection = (name: string): string => name.slice(0, name.indexOf(' '));

function findOvertaken(): string[] {
  const expected = readExpected();
  return [...outcomes].filter(([name, outcome]) => isOvertaken(outcome) && !expected.includes(name)).map(([name]) => name);
}

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
  expect([...new Set([...outcomes.keys()].map((name) => readSection(name)))]).toEqual(SECTIONS);
  expect(readExpected().filter((name) => !outcomes.has(name))).toEqual([]);
});
