/**
 * Checks of behaviour that is wanted and not there yet, "<check>" → what is missing, by suite. Such a check has to fail: one that
 * passes fails the suite until its line here is gone, so the list cannot be stale. It is empty when the runtime is whole.
 */
const ZIPMAP = 'ZipMap is not stripped';
const OPTIONAL = 'inputs with a default are not in the signature';
const PARTLY = 'one output that is not a tensor refuses the model';
const SEQUENCES = 'sequence batching';
const BATCH = 'max_batch_size of config.pbtxt';

const TRITON_CORE = {
  'classification gives score:index:label': 'classification of each row of a batch, and label files',
  'sequences keep a state each, from start to end': SEQUENCES,
  'sequences may have ids that are texts': SEQUENCES,
};

const TRITON_ADMIN = {
  'load_model takes a config that overrides': BATCH,
  'update_trace_settings: so many requests are traced, then no more': 'traces',
  'the verbose level logged the request of its time': 'a log line for each request',
};

const SUITES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  models: {
    ...each(
      ZIPMAP,
      ['logistic regression', 'logistic strings', 'XGBoost'].flatMap((name) => ways(`${name} exported with ZipMap`)),
    ),
    'zipmap has no other cases': ZIPMAP,
    ...each(OPTIONAL, ways('optional input given')),
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
