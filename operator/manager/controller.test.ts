import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RetryError, TerminalError, WaitingError } from '../../lib/errors.js';
import type { LogFields, Logger } from '../../lib/logger.js';
import { FakeClock, settle } from '../../test/fakes/fake-clock.js';
import { FakeCluster } from '../../test/fakes/fake-cluster.js';
import { FakeSource } from '../../test/fakes/fake-source.js';
import type { ObjectKey, ReconcileResult, ResourceKind } from '../ports.js';
import { Controller } from './controller.js';
import { ManagerMetrics } from './metrics.js';
import { WorkQueue } from './work-queue.js';

const PODS: ResourceKind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
const DONE: ReconcileResult = { kind: 'Done' };

type Reconcile = (key: ObjectKey, signal: AbortSignal) => Promise<ReconcileResult>;

class LogLines implements Logger {
  readonly lines: string[] = [];
  debug = (message: string, fields?: LogFields) => this.#line('debug', message, fields);
  info = (message: string, fields?: LogFields) => this.#line('info', message, fields);
  warn = (message: string, fields?: LogFields) => this.#line('warn', message, fields);
  error = (message: string, fields?: LogFields) => this.#line('error', message, fields);
  child(): Logger {
    return this;
  }
  #line(level: string, message: string, fields: LogFields = {}): void {
    this.lines.push(`${level} ${message} ${fields['name']}: ${fields['error'] ?? fields['message'] ?? ''}`);
  }
}

/** What dashboards made for controller-runtime ask for. */
const CONTROLLER_RUNTIME: readonly (readonly [string, 'counter' | 'gauge' | 'histogram', readonly string[]])[] = [
  ['controller_runtime_reconcile_total', 'counter', ['controller', 'result']],
  ['controller_runtime_reconcile_errors_total', 'counter', ['controller']],
  ['controller_runtime_terminal_reconcile_errors_total', 'counter', ['controller']],
  ['controller_runtime_reconcile_panics_total', 'counter', ['controller']],
  ['controller_runtime_reconcile_timeouts_total', 'counter', ['controller']],
  ['controller_runtime_reconcile_time_seconds', 'histogram', ['controller']],
  ['controller_runtime_max_concurrent_reconciles', 'gauge', ['controller']],
  ['controller_runtime_active_workers', 'gauge', ['controller']],
  ['workqueue_depth', 'gauge', ['name', 'controller']],
  ['workqueue_adds_total', 'counter', ['name', 'controller']],
  ['workqueue_queue_duration_seconds', 'histogram', ['name', 'controller']],
  ['workqueue_work_duration_seconds', 'histogram', ['name', 'controller']],
  ['workqueue_unfinished_work_seconds', 'gauge', ['name', 'controller']],
  ['workqueue_longest_running_processor_seconds', 'gauge', ['name', 'controller']],
  ['workqueue_retries_total', 'counter', ['name', 'controller']],
  ['rest_client_requests_total', 'counter', ['code', 'method']],
  ['rest_client_request_duration_seconds', 'histogram', ['verb']],
  ['leader_election_master_status', 'gauge', ['name']],
];

let clock: FakeClock;
let metrics: ManagerMetrics;
let log: LogLines;
let [stop, cut] = [new AbortController(), new AbortController()];
let running: Promise<void>;
let seen: string[];

beforeEach(() => {
  clock = new FakeClock();
  metrics = new ManagerMetrics();
  log = new LogLines();
  [stop, cut, seen] = [new AbortController(), new AbortController(), []];
  running = Promise.resolve();
});
afterEach(async () => {
  stop.abort();
  cut.abort();
  await running;
});

function start(reconcile: Reconcile, workers = 2): Controller {
  const reconciler = {
    reconcile: (key: ObjectKey, signal: AbortSignal) => {
      seen.push(`${key.namespace}/${key.name}`);
      return reconcile(key, signal);
    },
  };
  const forController = metrics.forController('test');
  const controller = new Controller({ name: 'test', reconciler, metrics: forController, logger: log, workers, clock, queue: { random: () => 0 } });
  running = controller.run(stop.signal, cut.signal);
  return controller;
}

const key = (name: string): ObjectKey => ({ namespace: 'shop', name });
async function metric(name: string): Promise<string[]> {
  const text = await metrics.registry.metrics();
  return text.split('\n').filter((line) => line.startsWith(name));
}

describe('what a reconcile ends with', () => {
  test('done: nothing more', async () => {
    start(async () => DONE).enqueue(key('a'));
    await clock.advance(600_000);
    expect([seen, log.lines]).toEqual([['shop/a'], []]);
  });
  test('requeue after: once more, then', async () => {
    start(async () => (seen.length === 1 ? { kind: 'RequeueAfter', afterMs: 5000 } : DONE)).enqueue(key('a'));
    await clock.advance(4999);
    expect(seen).toHaveLength(1);
    await clock.advance(1);
    expect(seen).toHaveLength(2);
  });
  test('an error: later each time, logged once each, and success resets', async () => {
    const controller = start(async () => {
      if (seen.length <= 3) throw new Error('quota exceeded', { cause: new Error('of q') });
      return DONE;
    });
    controller.enqueue(key('a'));
    await clock.advance(5);
    await clock.advance(10);
    await clock.advance(20);
    expect(seen).toHaveLength(4);
    expect(log.lines).toEqual(Array.from({ length: 3 }, () => 'error Reconcile failed a: quota exceeded: of q'));
    expect(await metric('controller_runtime_reconcile_total')).toContain('controller_runtime_reconcile_total{controller="test",result="error"} 3');
  });
  test('a terminal error: logged, not retried until somebody adds the key', async () => {
    const controller = start(async () => {
      throw new TerminalError('DigestMismatch', 'other bytes');
    });
    controller.enqueue(key('a'));
    await clock.advance(3_600_000);
    expect(seen).toHaveLength(1);
    expect(log.lines).toEqual(['error Reconcile failed for good a: other bytes']);
    controller.enqueue(key('a'));
    await settle();
    expect(seen).toHaveLength(2);
    expect(await metric('controller_runtime_terminal_reconcile_errors_total')).toEqual([
      'controller_runtime_terminal_reconcile_errors_total{controller="test"} 2',
    ]);
  });
  test('waiting: not a failure, comes back as asked', async () => {
    start(async () => {
      throw new WaitingError('ResolvingModel', 2000, 'the resolver runs');
    }).enqueue(key('a'));
    await clock.advance(6000);
    expect(seen).toHaveLength(4);
    expect(log.lines.filter((line) => !line.startsWith('debug'))).toEqual([]);
    expect(await metric('controller_runtime_reconcile_errors_total')).toEqual(['controller_runtime_reconcile_errors_total{controller="test"} 0']);
  });
  test('a mistake in the program: counted, and the other keys go on', async () => {
    const controller = start(async ({ name }) => {
      if (name === 'a') throw new TypeError('undefined is not a function');
      return DONE;
    }, 1);
    controller.enqueue(key('a'));
    controller.enqueue(key('b'));
    await settle();
    expect(seen).toEqual(['shop/a', 'shop/b']);
    expect(await metric('controller_runtime_reconcile_panics_total')).toEqual(['controller_runtime_reconcile_panics_total{controller="test"} 1']);
  });
  test('an error that names an instant: then at the latest, however often it failed', async () => {
    start(async () => {
      throw new RetryError(1000, 'quota exceeded');
    }).enqueue(key('a'));
    await clock.advance(20_000);
    const often = seen.length;
    await clock.advance(10_000);
    expect(seen.length - often).toBeGreaterThanOrEqual(9);
  });
  test('what is thrown need not be an Error', async () => {
    start(() => Promise.reject('text')).enqueue(key('a'));
    await settle();
    expect(log.lines).toEqual(['error Reconcile failed a: text']);
  });
});

describe('concurrency', () => {
  test('keys run beside each other, one key never beside itself', async () => {
    const inWork = new Map<string, number>();
    let most = 0;
    const controller = start(async ({ name }) => {
      inWork.set(name, (inWork.get(name) ?? 0) + 1);
      most = Math.max(most, inWork.get(name) ?? 0);
      await clock.sleep(100);
      inWork.set(name, (inWork.get(name) ?? 0) - 1);
      return DONE;
    }, 3);
    controller.enqueue(key('a'));
    controller.enqueue(key('b'));
    await settle();
    controller.enqueue(key('a'));
    await clock.advance(50);
    expect([...inWork.values()]).toEqual([1, 1]);
    await clock.advance(1000);
    expect([most, seen]).toEqual([1, ['shop/a', 'shop/b', 'shop/a']]);
  });
  test('one that takes too long is asked to end', async () => {
    start(async (_, signal) => {
      await clock.sleep(10_000_000, signal);
      if (signal.aborted) throw new Error('given up');
      return DONE;
    }).enqueue(key('a'));
    await clock.advance(119_999);
    expect(log.lines).toEqual([]);
    await clock.advance(1);
    expect(log.lines).toEqual(['warn Reconcile takes too long and was asked to end a: ', 'error Reconcile failed a: given up']);
  });
});

describe('stopping', () => {
  test('what is in work finishes, what waits does not begin', async () => {
    const controller = start(async () => {
      await clock.sleep(1000);
      return DONE;
    }, 1);
    controller.enqueue(key('a'));
    controller.enqueue(key('b'));
    await settle();
    stop.abort();
    await clock.advance(1000);
    await running;
    expect(seen).toEqual(['shop/a']);
  });
  test('what is cut off is not an error in the log', async () => {
    start(async (_, signal) => {
      await clock.sleep(10_000, signal);
      throw new Error('given up');
    }).enqueue(key('a'));
    await settle();
    stop.abort();
    cut.abort();
    await running;
    expect(log.lines).toEqual(['info Reconcile was cut off a: given up']);
  });
});

describe('watch', () => {
  test('maps changes to keys, with the object before', async () => {
    const cluster = new FakeCluster(clock);
    const source = new FakeSource(cluster, PODS);
    const controller = start(async () => DONE);
    controller.watch(source, (object, old) => [object, old].flatMap((each) => (each === undefined ? [] : [key(each.metadata.labels?.['of'] ?? '')])));
    const watching = source.run(stop.signal);
    cluster.create(PODS, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'shop', labels: { of: 'a' } } });
    await settle();
    cluster.update(PODS, key('p'), { metadata: { labels: { of: 'b' } } });
    await settle();
    cluster.remove(PODS, key('p'));
    await settle();
    expect(seen).toEqual(['shop/a', 'shop/b', 'shop/a', 'shop/b']);
    stop.abort();
    await watching;
  });
});

test('every series is there before anything happens', async () => {
  metrics.forController('model');
  const text = await metrics.registry.metrics();
  for (const line of [
    'controller_runtime_reconcile_total{controller="model",result="error"} 0',
    'controller_runtime_reconcile_errors_total{controller="model"} 0',
    'controller_runtime_reconcile_time_seconds_count{controller="model"} 0',
    'workqueue_depth{name="model",controller="model"} 0',
    'workqueue_adds_total{name="model",controller="model"} 0',
    'workqueue_retries_total{name="model",controller="model"} 0',
    'workqueue_queue_duration_seconds_count{name="model",controller="model"} 0',
    'workqueue_work_duration_seconds_count{name="model",controller="model"} 0',
    'leader_election_master_status{name="slipway-operator"} 0',
    'rest_client_requests_total{code="200",method="GET"} 0',
  ]) {
    expect(text).toContain(line);
  }
});

test('every name of controller-runtime is served, with its labels', async () => {
  metrics.forController('model').watchQueue(new WorkQueue({ clock }));
  metrics.countRequest('GET', '200', 0.01);
  const text = await metrics.registry.metrics();
  for (const [name, type, labels] of CONTROLLER_RUNTIME) {
    expect(text).toContain(`# TYPE ${name} ${type}`);
    const series = text.split('\n').find((line) => line.startsWith(`${name}${type === 'histogram' ? '_count' : ''}{`));
    expect([name, [...(series ?? '').matchAll(/([a-z]+)="/g)].map(([, label]) => label).sort()]).toEqual([name, [...labels].sort()]);
  }
});

test('caches are counted when somebody asks, and one that cannot say so is left out', async () => {
  metrics.watchCache('Pod', () => ({ objects: 7, resourceVersion: '9', lastEventSecondsAgo: 1.5, relists: 2 }));
  metrics.watchCache('Service', () => ({ objects: 0, resourceVersion: undefined, lastEventSecondsAgo: undefined, relists: 0 }));
  metrics.watchCache('Node', () => undefined);
  expect(await metric('slipway_operator_cache_objects')).toEqual([
    'slipway_operator_cache_objects{kind="Pod"} 7',
    'slipway_operator_cache_objects{kind="Service"} 0',
  ]);
  expect(await metric('slipway_operator_cache_last_event_age_seconds')).toEqual(['slipway_operator_cache_last_event_age_seconds{kind="Pod"} 1.5']);
});

test('keys in work can be seen from outside', async () => {
  start(async () => {
    await clock.sleep(10_000);
    return DONE;
  }).enqueue(key('a'));
  await clock.advance(3000);
  expect(await metric('workqueue_longest_running')).toEqual(['workqueue_longest_running_processor_seconds{name="test",controller="test"} 3']);
  expect(await metric('workqueue_unfinished')).toEqual(['workqueue_unfinished_work_seconds{name="test",controller="test"} 3']);
  await clock.advance(7000);
});
