/**
 * Checks of behaviour that is wanted and not there yet, "<check>" → what is missing, by suite. Such a check has to fail: one that
 * passes fails the suite until its line here is gone, so the list cannot be stale. It is empty when the runtime is whole.
 */
const PARTLY = 'one output that is not a tensor refuses the model';
const SEQUENCES = 'sequence batching';

const TRITON_CORE = {
  'sequences keep a state each, from start to end': SEQUENCES,
  'sequences may have ids that are texts': SEQUENCES,
};

const TRITON_ADMIN = {
  'update_trace_settings: so many requests are traced, then no more': 'traces',
  'the verbose level logged the request of its time': 'a log line for each request',
};

const SUITES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  models: {
    ...each(SEQUENCES, ways('Silero VAD, its state kept by the server')),
    ...each(PARTLY, ways('a tensor beside a sequence')),
    'partly has no other cases': PARTLY,
  },
  'triton over gRPC': TRITON_CORE,
  'triton over HTTP': TRITON_CORE,
  'triton streams': { 'a sequence on a stream keeps its state': SEQUENCES },
  'triton administration over gRPC': TRITON_ADMIN,
  'triton administration over HTTP': TRITON_ADMIN,
};

export const PENDING: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(SUITES).flatMap(([suite, checks]) => Object.entries(checks).map(([check, reason]) => [`${suite}: ${check}`, reason])),
);

function ways(name: string): string[] {
  return ['gRPC', 'binary', 'JSON'].map((way) => `${name}: ${way}`);
}

function each(reason: string, checks: readonly string[]): Record<string, string> {
  return Object.fromEntries(checks.map((check) => [check, reason]));
}
