import { expect, test } from '@jest/globals';
import { COUNTER_PLAN, COUNTER_SIGNATURE, counterSettings } from '../../test/runtime/counter-session.js';
import { computeClientView } from '../core/client-signature.js';
import { DEFAULT_MODEL_SETTINGS, type ModelSettings } from '../core/model-settings.js';
import { InferenceStatistics } from '../dataplane/inference-statistics.js';
import type { RequestScheduler } from '../dataplane/ports.js';
import { decorateScheduler } from './decorate-scheduler.js';

const INNER: RequestScheduler = { submit: () => undefined, depth: 0, waiting: 0, idle: () => Promise.resolve() };

function decorate(settings: ModelSettings, varying?: string) {
  return decorateScheduler(INNER, {
    model: 'm',
    settings,
    signature: COUNTER_SIGNATURE,
    plan: COUNTER_PLAN,
    initialFiles: new Map(),
    statistics: new InferenceStatistics(),
    cacheKeyBase: 'd',
    varying,
    nowSeconds: () => 0,
    setTimer: () => () => undefined,
  });
}

const BOTH = { responseCache: true, singleFlight: true };

test.each([
  ['nothing asked for', DEFAULT_MODEL_SETTINGS, undefined, 'Object', []],
  ['both', { ...DEFAULT_MODEL_SETTINGS, ...BOTH }, undefined, 'ResponseCacheScheduler', []],
  ['single flight alone', { ...DEFAULT_MODEL_SETTINGS, singleFlight: true }, undefined, 'SingleFlightScheduler', []],
  [
    'both for a model that draws random numbers',
    { ...DEFAULT_MODEL_SETTINGS, ...BOTH },
    'Bernoulli',
    'Object',
    ['response_cache has no effect: Bernoulli may', 'slipway_single_flight has no effect: Bernoulli may'],
  ],
  [
    'a cache for sequences',
    { ...counterSettings(), responseCache: true },
    undefined,
    'SequenceScheduler',
    ['response_cache has no effect: an answer depends'],
  ],
])('%s', (_name, settings, varying, want, notes) => {
  const decorated = decorate(settings, varying);
  expect(decorated.scheduler.constructor.name).toBe(want);
  expect(decorated.notes).toEqual(notes.map((note) => expect.stringContaining(note)));
});

test('clients see neither states nor controls, and a state only where it is declared as an output', () => {
  const settings = counterSettings();
  const { signature, plan } = computeClientView(COUNTER_SIGNATURE, COUNTER_PLAN, settings);
  expect([signature.inputs.map(({ name }) => name), signature.outputs.map(({ name }) => name)]).toEqual([['x'], ['y']]);
  expect([plan.inputAxes, plan.outputAxes]).toEqual([[0], [0]]);
  const declared = computeClientView(COUNTER_SIGNATURE, COUNTER_PLAN, { ...settings, outputs: [{ name: 't', isOptional: false }] });
  expect(declared.signature.outputs.map(({ name }) => name)).toEqual(['y', 't']);
  expect(declared.plan.outputAxes).toEqual([0, 1]);
});
