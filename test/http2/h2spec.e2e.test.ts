/**
 * h2spec, the conformance test of HTTP/2 and HPACK, against lib/http2: one test for each of its sections. Where it wants an error of
 * the connection, one of any code will do for it: the codes are in test/fuzz/http2-faults.test.ts.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ensureH2spec } from '../runtime/foreign-tools.js';
import { AnsweringServer } from './answering-server.js';
import type { H2specOutcome } from './h2spec-report.js';
import { runH2spec } from './run-h2spec.js';

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

const server = new AnsweringServer();
let outcomes: ReadonlyMap<string, H2specOutcome> = new Map();

beforeAll(async () => {
  outcomes = await runH2spec(await ensureH2spec(), `127.0.0.1:${await server.listen()}`);
}, 900_000);
afterAll(() => server.close());

const readSection = (name: string): string => name.slice(0, name.indexOf(' '));

test.each(SECTIONS)('%s', (section) => {
  const cases = [...outcomes].filter(([name]) => readSection(name) === section);
  expect(cases).not.toEqual([]);
  expect(cases.filter(([, { kind }]) => kind !== 'passed')).toEqual([]);
});

test('no section is left out', () => {
  expect([...new Set([...outcomes.keys()].map(readSection))]).toEqual(SECTIONS);
});
