import { expect, test } from '@jest/globals';
import type { Round } from './measure.js';
import { NAMES, type Table } from './suite.js';
import { checkTargets, type Results } from './targets.js';

const round = (perSecond: number, serverCpuUs: number): Round => ({ perSecond, serverCpuUs, clientCpuUs: 5, p50Ms: 1, p99Ms: 2, refused: 0 });
const NOTHING: Results = { tables: [], peers: [], memory: undefined, soak: undefined };

function makeTable(slipway: Round): Table {
  const measured = [
    { name: NAMES.naive, rounds: [round(10, 100)] },
    { name: NAMES.slipway, rounds: [slipway] },
  ];
  return { bench: 'mlp', key: 'closed', title: '', measured, notes: [] };
}

const verdictOf = (results: Results, text: string) => checkTargets(results).find((target) => target.text.includes(text))?.verdict;

test('without figures nothing is met', () => {
  expect(new Set(checkTargets(NOTHING).map(({ verdict }) => verdict))).toEqual(new Set(['not measured']));
});

test.each([
  ['faster and cheaper', round(23, 45), ['met', 'met']],
  ['a little too slow', round(22.9, 45), ['met', 'not met']],
  ['a little too dear', round(23, 45.1), ['not met', 'met']],
])('%s', (_name, slipway, [cpu, rate]) => {
  const results = { ...NOTHING, tables: [makeTable(slipway)] };
  expect([verdictOf(results, 'CPU per request of the naive'), verdictOf(results, 'rate of the naive')]).toEqual([cpu, rate]);
});

test('the best peer decides', () => {
  const peer = (name: 'kserve' | 'mlserver', rateRatio: number, p99Ratio: number) => ({
    name,
    bench: 'mlp' as const,
    speaksOip: true,
    rateRatio,
    p99Ratio,
    best: {},
    swept: [],
    versions: '',
  });
  const results = { ...NOTHING, peers: [peer('kserve', 9, 0.5), peer('mlserver', 4.9, 1.1)] };
  expect([verdictOf(results, 'over OIP'), verdictOf(results, 'p99 at')]).toEqual(['not met', 'not met']);
});

test('memory', () => {
  const results = { ...NOTHING, memory: { oneWorkerMb: 201, furtherWorkerMb: 40, how: '' } };
  expect(verdictOf(results, 'MB of one warmed')).toBe('not met');
});
