/** Flags, figures, loads and the picture, without a server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ClientError } from '../client/client-error.js';
import { parseBenchFlags } from './bench-flags.js';
import { findNotes, formatHeader, formatRow } from './format-report.js';
import { Latencies } from './latencies.js';
import { computeLevel, type Level } from './level.js';
import { startClosedLoop, startOpenLoop } from './load.js';
import { planInputs } from './plan-inputs.js';
import { niceStep, renderPlot } from './plot.js';
import { Tally } from './tally.js';

const STATISTICS = { requests: 10, queueSeconds: 1, computeSeconds: 2, rows: 20, runs: 5 };
const WINDOW = { seconds: 2, cpuSeconds: 0.5, clientBusy: 0.3, before: undefined, after: undefined };

function makeLevel(changes: Partial<Level> = {}): Level {
  const tally = new Tally();
  for (const ms of [1, 2, 3, 4]) tally.succeed(ms);
  return { ...computeLevel({ concurrency: 4 }, tally, WINDOW), ...changes };
}

describe('flags', () => {
  test('a sweep is the default', () => {
    expect(parseBenchFlags(['m'])).toMatchObject({
      levels: [1, 2, 4, 8, 16, 32, 64].map((concurrency) => ({ concurrency })),
      connections: 1,
      durationSeconds: 3,
    });
    expect(parseBenchFlags(['m', '--rate', '0.5,100', '--warmup', '0'])).toMatchObject({
      levels: [{ perSecond: 0.5 }, { perSecond: 100 }],
      warmupSeconds: 0,
    });
  });
  test.each([
    [[], 'slipway bench needs the name of a model'],
    [['m', '2'], 'takes one model, but got m 2: lists have commas'],
    [['m', '--concurrency', '1,x'], '--concurrency "x" is not a count: give a whole number from 1 to 4096'],
    [['m', '--concurrency', '1,,2'], '--concurrency "" is not a count'],
    [['m', '--rate', '0'], '--rate "0" is not a rate: give requests per second'],
    [['m', '--rate', '1', '--concurrency', '1'], 'give one of them'],
    [['m', '--rate', '1', '--stream'], '--rate sends calls of their own'],
    [['m', '--plot', 'a.png'], '--plot "a.png" is drawn as SVG'],
    [['m', '--duration', '0'], '--duration "0" is not a time'],
  ])('%j is refused', (argv, words) => expect(() => parseBenchFlags(argv)).toThrow(words));
});

test('quantiles are at most 1 % above the nearest rank', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.001, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.5, 0.9, 0.99),
      (values, share) => {
        const latencies = new Latencies();
        for (const value of values) latencies.add(value);
        const exact = values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? 0;
        expect(latencies.quantile(share) / exact).toBeGreaterThan(1 - 1e-9);
        expect(latencies.quantile(share) / exact).toBeLessThan(1.01 + 1e-9);
      },
    ),
    { seed: 3, numRuns: 500 },
  );
  expect(new Latencies().quantile(0.5)).toBeNaN();
});

test('a level is made of its window', () => {
  const after = { requests: 30, queueSeconds: 1.02, computeSeconds: 2.1, rows: 60, runs: 15 };
  const tally = new Tally();
  tally.succeed(5);
  tally.fail(new ClientError('UNAVAILABLE', 'x'));
  tally.fail(new Error('x'));
  const level = computeLevel({ concurrency: 1 }, tally, { ...WINDOW, before: STATISTICS, after });
  expect(level).toMatchObject({ requests: 1, requestsPerSecond: 0.5, errors: { UNAVAILABLE: 1, UNKNOWN: 1 }, rowsPerRun: 4, clientCpu: 0.25 });
  expect([level.queueMs, level.computeMs]).toEqual([expect.closeTo(1), expect.closeTo(5)]);
  expect(makeLevel().queueMs).toBeNaN();
});

describe('the table', () => {
  test('columns stand under their titles', () => {
    const row = formatRow(makeLevel({ errors: { UNAVAILABLE: 3, NOT_SENT: 1 } }));
    expect(row).toMatch(/^ {10}4 +2 +2 +4\.02 +4\.02 +- +- +- +25 % {2}3 UNAVAILABLE, 1 NOT_SENT$/);
    expect(row.indexOf('  3 UNAV')).toBe(formatHeader(false).indexOf('  errors'));
  });
  test('says when the client was the limit, and which level was best', () => {
    const busy = makeLevel({ clientBusy: 0.97, requestsPerSecond: 1234.5 });
    expect(formatRow(busy)).toContain('25 %*');
    expect(findNotes([makeLevel(), busy])).toEqual([
      expect.stringMatching(/^Most: 1235 requests per second at concurrency 4, p99 4\.0\d? ms$/),
      expect.stringMatching(/^\* This client was busy all the time/),
    ]);
  });
  test('says when an open loop asked for too much', () => {
    expect(findNotes([makeLevel({ load: { perSecond: 100 } })])).toEqual([
      'At 100 per second only 2 were answered: that is more than server and client can do',
    ]);
    expect(findNotes([makeLevel({ load: { perSecond: 2 } })])).toEqual([]);
  });
});

describe('loads', () => {
  const newAsker = (ask: () => Promise<void>) => ({ ask, close: () => undefined });
  test('a closed loop has one request at a time for each asker', async () => {
    let [now, most] = [0, 0];
    const ask = async (): Promise<void> => {
      most = Math.max(most, ++now);
      await sleep(1);
      now--;
    };
    const tally = new Tally();
    const load = startClosedLoop(
      [1, 2, 3].map(() => newAsker(ask)),
      tally,
    );
    await sleep(50);
    await load.stop();
    expect([most, now, tally.latencies.count > 3]).toEqual([3, 0, true]);
  });
  test('an open loop asks whether or not answers come, up to its bound', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let asked = 0;
    const asker = newAsker(() => {
      asked++;
      return promise;
    });
    const tally = new Tally();
    const load = startOpenLoop(() => asker, tally, { perSecond: 1000, mostInFlight: 5 });
    while ((tally.errors.get('NOT_SENT') ?? 0) === 0) await sleep(5);
    expect([asked, tally.latencies.count]).toEqual([5, 0]);
    resolve();
    await load.stop();
    expect(tally.latencies.count).toBeGreaterThanOrEqual(5);
  });
});

test('noise stands in for what was not given, under either name', () => {
  const inputs = [
    { name: 'x', datatype: 'FP32', shape: [-1, 2] },
    { name: 't', datatype: 'BYTES', shape: [-1] },
  ];
  const metadata = { name: 'm', versions: [], platform: '', inputs, outputs: [] };
  const planned = planInputs(metadata, { sources: new Map([['x', { text: '[[1,2]]' }]]), shapes: new Map([['t', [3]]]) });
  expect(planned.description).toBe('x FP32 [1,2], t BYTES [3] random');
  const one = { ...metadata, inputs: inputs.slice(0, 1) };
  expect(planInputs(one, { sources: new Map(), shapes: new Map([['', [4, 2]]]) }).description).toBe('x FP32 [4,2] random');
});

describe('the plot', () => {
  test.each([
    [37, 50],
    [0.2, 0.2],
    [0.21, 0.5],
    [1, 1],
    [6, 10],
  ])('a step for %p is %p', (least, want) => expect(niceStep(least)).toBeCloseTo(want, 12));
  test('has a point for each level and each line, inside its frame, and no raw text', () => {
    const levels = [makeLevel(), makeLevel({ requestsPerSecond: 900, p99Ms: 77, clientBusy: 1 }), makeLevel({ p99Ms: Number.NaN })];
    const svg = renderPlot(levels, { title: 'a<b>&"c"\u0000', subtitle: 's' });
    const points = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="4" stroke="#\w+" fill="(#\w+)"/g)];
    expect(points.length).toBe(4);
    for (const [, left, top] of points) {
      expect(Number(left)).toBeGreaterThanOrEqual(70);
      expect(Number(left)).toBeLessThanOrEqual(730);
      expect(Number(top)).toBeGreaterThanOrEqual(70);
      expect(Number(top)).toBeLessThanOrEqual(395);
    }
    expect(points.filter(([, , , fill]) => fill === '#ffffff').length).toBe(2);
    expect(svg).toContain('<title>a&lt;b&gt;&amp;&quot;c&quot;</title>');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });
  test('nothing measured is an empty frame', () => expect(renderPlot([], { title: 't', subtitle: 's' })).not.toMatch(/NaN|Infinity/));
});
