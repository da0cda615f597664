import { expect, test } from '@jest/globals';
import { makeItem, makeOutputs } from '../../test/runtime/make-work-item.js';
import { InferenceError } from '../core/inference-error.js';
import type { ItemResult, RequestScheduler, WorkItem } from '../dataplane/ports.js';
import { RequestKeys } from './request-key.js';
import { SingleFlightScheduler } from './single-flight-scheduler.js';

/** Does nothing by itself: the test answers. */
class HandScheduler implements RequestScheduler {
  readonly items: WorkItem[] = [];
  readonly waiting = 0;
  get depth(): number {
    return this.items.length;
  }
  idle(): Promise<void> {
    return Promise.resolve();
  }
  submit(item: WorkItem): void {
    this.items.push(item);
    item.call.onGone = () => this.answer({ error: new InferenceError('CANCELLED', 'gone') }, item);
  }
  answer(result: ItemResult, item = this.items[0]): void {
    if (item === undefined) return;
    this.items.splice(this.items.indexOf(item), 1);
    item.call.onGone = undefined;
    item.done(result);
  }
}

const RUN = { inputSeconds: 0, inferenceSeconds: 1, outputSeconds: 0 };

function describeResult(result: ItemResult): string {
  if (result.error !== undefined) return result.error.code;
  return result.run === undefined ? 'shared' : 'ran';
}

function makeWorld() {
  const inner = new HandScheduler();
  const scheduler = new SingleFlightScheduler(inner, new RequestKeys('d'));
  const told: string[] = [];
  const send = (name: string, extra: Partial<WorkItem> = {}) => {
    const item = { ...makeItem({ first: 1 }), ...extra };
    scheduler.submit({ ...item, done: (result) => told.push(`${name}: ${describeResult(result)}`) });
    return item.call;
  };
  const succeed = () => inner.answer({ outputs: makeOutputs({ first: 1 }), queueSeconds: 0, run: RUN });
  return { inner, scheduler, told, send, succeed };
}

test('equal requests run once, and who asks for something else runs too', () => {
  const { inner, scheduler, told, send, succeed } = makeWorld();
  send('a');
  send('b');
  send('other inputs', makeItem({ first: 2 }));
  send('other outputs', { outputs: ['y'] });
  send('other priority', { priority: 1 });
  send('with a timeout', { timeoutSeconds: 1 });
  send('of a sequence', { sequence: { id: 'n1', isStart: true, isEnd: false } });
  expect([inner.items.length, scheduler.depth]).toEqual([6, 7]);
  succeed();
  expect(told).toEqual(['a: ran', 'b: shared']);
  send('c'); // after the answer there is nothing to share
  expect(inner.items).toHaveLength(6);
});

test('a cancel ends only who cancelled, and the run when nobody is left', () => {
  const { inner, told, send, succeed } = makeWorld();
  const [first, second] = [send('a'), send('b')];
  first.abandon();
  expect(told).toEqual(['a: CANCELLED']);
  send('c');
  second.abandon();
  succeed();
  expect(told).toEqual(['a: CANCELLED', 'b: CANCELLED', 'c: ran']);
  send('d').abandon();
  expect([told.at(-1), inner.items.length]).toEqual(['d: CANCELLED', 0]);
});

test('an error of the request is everybody’s, any other only the first one’s', () => {
  const { inner, told, send, succeed } = makeWorld();
  send('a');
  send('b');
  inner.answer({ error: new InferenceError('INVALID_ARGUMENT', 'no') });
  send('c');
  send('d');
  inner.answer({ error: new InferenceError('UNAVAILABLE', 'lost') });
  expect(told).toEqual(['a: INVALID_ARGUMENT', 'b: INVALID_ARGUMENT', 'c: UNAVAILABLE']);
  succeed();
  expect(told.at(-1)).toBe('d: ran');
});

test('one who goes while others are told is told once', async () => {
  const { inner, scheduler, told, send, succeed } = makeWorld();
  const calls: { abandon(): void }[] = [];
  const item = makeItem({ first: 1 });
  scheduler.submit({ ...item, done: () => calls[0]?.abandon() });
  calls.push(send('b'));
  succeed();
  expect(told).toEqual(['b: CANCELLED']);
  expect([inner.depth, scheduler.depth]).toEqual([0, 0]);
  await scheduler.idle();
});
