import { describe, expect, test } from '@jest/globals';
import { compareVersions, computeReadiness, type ModelStanding, selectVersion } from './readiness.js';

const at = (version: string, state: ModelStanding['state']): ModelStanding => ({ name: 'm', version, state });

describe('computeReadiness', () => {
  test.each([
    { name: 'no model yet', models: [], draining: false, want: { isReady: false, reason: 'no model is known yet' } },
    { name: 'all ready', models: [at('1', 'Ready')], draining: false, want: { isReady: true, reason: '' } },
    {
      name: 'one of two loads',
      models: [at('1', 'Ready'), at('2', 'Loading')],
      draining: false,
      want: { isReady: false, reason: 'model m version 2 is Loading' },
    },
    { name: 'warm-up is not ready', models: [at('1', 'Warming')], draining: false, want: { isReady: false, reason: 'model m version 1 is Warming' } },
    {
      name: 'one of two failed',
      models: [at('1', 'Ready'), at('2', 'Failed')],
      draining: false,
      want: { isReady: false, reason: 'model m version 2 is Failed' },
    },
    { name: 'one of two is unloaded', models: [at('1', 'Ready'), at('2', 'Unloaded')], draining: false, want: { isReady: true, reason: '' } },
    {
      name: 'a new version was rejected',
      models: [at('1', 'Ready'), { ...at('2', 'Failed'), isRejected: true }],
      draining: false,
      want: { isReady: true, reason: '' },
    },
    { name: 'draining wins', models: [at('1', 'Ready')], draining: true, want: { isReady: false, reason: 'the server is shutting down' } },
  ])('$name', ({ models, draining, want }) => expect(computeReadiness(models, draining)).toEqual(want));
});

describe('selectVersion', () => {
  test.each([
    { name: 'latest by number, not by letter', versions: [at('9', 'Ready'), at('10', 'Ready')], wanted: '', want: '10' },
    { name: 'latest that is ready', versions: [at('1', 'Ready'), at('2', 'Loading')], wanted: '', want: '1' },
    { name: 'latest when none is ready', versions: [at('1', 'Loading'), at('2', 'Loading')], wanted: '', want: '2' },
    { name: 'the one named, ready or not', versions: [at('1', 'Ready'), at('2', 'Loading')], wanted: '2', want: '2' },
    { name: 'unknown', versions: [at('1', 'Ready')], wanted: '3', want: undefined },
  ])('$name', ({ versions, wanted, want }) => expect(selectVersion(versions, wanted)?.version).toBe(want));
});

test('compareVersions orders integers beyond 2^53', () => {
  expect(compareVersions('9007199254740993', '9007199254740992')).toBeGreaterThan(0);
  expect(compareVersions('99', '100')).toBeLessThan(0);
});
