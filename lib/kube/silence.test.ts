import { expect, test } from '@jest/globals';
import { FakeClock, settle } from '../../test/fakes/fake-clock.js';
import { failOnSilence } from './silence.js';

const SILENCE_MS = 1000;

/** A body that brings a piece whenever it is told to. */
function newBody() {
  const waiting: ((result: IteratorResult<Uint8Array, undefined>) => void)[] = [];
  return {
    bring: () => waiting.shift()?.({ done: false, value: new Uint8Array(1) }),
    end: () => waiting.shift()?.({ done: true, value: undefined }),
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<Uint8Array, undefined>>((resolve) => waiting.push(resolve)) }),
  };
}

function start() {
  const [clock, body, told] = [new FakeClock(), newBody(), { silent: 0 }];
  const stream = failOnSilence(body, { clock, silenceMs: SILENCE_MS, onSilence: () => told.silent++ });
  return { clock, body, told, stream };
}

test('passes on what comes, however long, and ends with it', async () => {
  const { clock, body, told, stream } = start();
  for (let piece = 0; piece < 20; piece++) {
    const next = stream.next();
    await clock.advance(900);
    body.bring();
    expect(await next).toMatchObject({ done: false });
  }
  const last = stream.next();
  body.end();
  expect([await last, told.silent, clock.sleeping]).toEqual([{ done: true, value: undefined }, 0, 0]);
});

test('a silence that is as long as was said is one, and is told once', async () => {
  const { clock, body, told, stream } = start();
  const first = stream.next();
  await clock.advance(600);
  body.bring();
  await first;
  const next = stream.next().catch((error: unknown) => error);
  await clock.advance(999);
  expect(told.silent).toBe(0);
  await clock.advance(1);
  expect(await next).toMatchObject({ reason: 'Silent' });
  expect([told.silent, clock.sleeping]).toEqual([1, 0]);
});

test('what the reader takes is no silence, and one that never comes back leaves no timer', async () => {
  const { clock, body, told, stream } = start();
  const first = stream.next();
  await settle();
  body.bring();
  await first;
  await clock.advance(10 * SILENCE_MS);
  expect([told.silent, clock.sleeping]).toEqual([0, 0]);
  const next = stream.next().catch((error: unknown) => error);
  await clock.advance(SILENCE_MS);
  expect(await next).toMatchObject({ reason: 'Silent' });
});
