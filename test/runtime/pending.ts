/**
 * Checks of behaviour that is wanted and not there yet, "<check>" → what is missing, by suite. Such a check has to fail: one that
 * passes fails the suite until its line here is gone, so the list cannot be stale. It is empty when the runtime is whole.
 */
const ZIPMAP = 'ZipMap is not stripped';
const OPTIONAL = 'inputs with a default are not in the signature';
const PARTLY = 'one output that is not a tensor refuses the model';
const STREAM = 'ModelStreamInfer';
const ADMIN = 'what the flag --admin switches on: repository, shared memory, trace and log settings';

const TRITON_CORE = {
  'classification gives score:index:label': 'classification of each row of a batch, and label files',
  'priority 1 overtakes those that wait with priority 2': 'priorities',
  'the timeout parameter ends a request that waits': 'the timeout parameter',
  'the list of extensions is exactly what works': 'it lists schedule_policy, which has no effect yet',
};

const TRITON_ADMIN = each(ADMIN, [
  'load_model serves the version that was laid beside, unload_model takes the model away',
  'load_model takes a config that overrides',
  'a version that does not load leaves the old one serving',
  'load_model of a model that is not there names it',
  "load_model with the model's bytes is refused unless it was allowed",
  'system shared memory: inputs are read from it and outputs written to it',
  'system shared memory: what is not there, too short or elsewhere is refused',
  'update_trace_settings: so many requests are traced, then no more',
  'update_log_settings: what is not known is refused by name',
  'update_log_settings: a verbose level logs each request until it is taken back',
  'the list of extensions has those of administration',
]);

const SUITES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  models: {
    ...each(
      ZIPMAP,
      ['logistic regression', 'logistic strings', 'XGBoost'].flatMap((name) => ways(`${name} exported with ZipMap`)),
    ),
    'zipmap has no other cases': ZIPMAP,
    ...each(OPTIONAL, ways('optional input given')),
    ...each(PARTLY, ways('a tensor beside a sequence')),
    'partly has no other cases': PARTLY,
  },
  'triton over gRPC': {
    ...TRITON_CORE,
    'administration is off by default, and the refusal says how to switch it on': 'the words of the refusal over gRPC',
    'CUDA shared memory: none is there, removing all is fine, registering is refused': 'CudaSharedMemoryStatus over gRPC',
  },
  'triton over HTTP': TRITON_CORE,
  'triton for asyncio': { 'gRPC: stream_infer': STREAM },
  'triton streams': each(STREAM, [
    'a stream answers each request, in order',
    'an error of one request leaves the stream open',
    'enable_empty_final_response marks the last answer',
    'compression works on a stream',
    'stop_stream with cancel_requests ends at once, and the next stream works',
    'stream_timeout ends a stream that lives too long',
  ]),
  grpcurl: each('reflection', [
    'list names the services',
    'list of a service names its calls',
    'describe gives messages as the proto has them',
    'Check of a model',
    'ModelInfer with JSON',
  ]),
  perf_analyzer: {
    streaming: STREAM,
    '-b 4': 'max_batch_size of config.pbtxt',
    'system shared memory over gRPC': ADMIN,
    'system shared memory over HTTP': ADMIN,
  },
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
