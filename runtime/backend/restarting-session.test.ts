import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { InferenceError } from '../core/inference-error.js';
import type { RunBatch, Session, SessionEvent } from '../dataplane/ports.js';
import { RestartingSession } from './restarting-session.js';
import { newSessionLost } from './session-lost.js';

const BATCH: RunBatch = { parts: [{ inputs: [], rows: 1 }], outputs: [] };
const SESSION: Session = {
  signature: { inputs: [], outputs: [] },
  provider: 'cpu',
  depth: 2,
  run: async () => ({ outputs: [], inputSeconds: 0, inferenceSeconds: 0, outputSeconds: 0 }),
  close: async () => undefined,
};

const kills: ((error: InferenceError) => void)[] = [];
const crashes: Error[] = [];
const events: SessionEvent[] = [];
let startError: Error | undefined;

function open(): Promise<RestartingSession> {
  const start = async (onLost: (error: InferenceError) => void): Promise<Session> => {
    kills.push(onLost);
    if (startError !== undefined) throw startError;
    return SESSION;
  };
  return RestartingSession.open({ start, onSession: (event) => events.push(event), onCrash: (error) => crashes.push(error) });
}

beforeEach(() => {
  kills.length = 0;
  crashes.length = 0;
  events.length = 0;
  startError = undefined;
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('waits grow from death to death, and begin anew after a run', async () => {
  const session = await open();
  for (const waitMs of [200, 400, 800]) {
    const starts = kills.length;
    kills.at(-1)?.(newSessionLost('killed'));
    await expect(session.run(BATCH)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await jest.advanceTimersByTimeAsync(waitMs - 1);
    expect(kills).toHaveLength(starts);
    await jest.advanceTimersByTimeAsync(1);
    expect(kills).toHaveLength(starts + 1);
  }
  await session.run(BATCH);
  kills.at(-1)?.(newSessionLost('killed'));
  await jest.advanceTimersByTimeAsync(200);
  await session.run(BATCH);
  expect(crashes).toEqual([]);
});

test('who waits for it hears when it is back, and each end and start is told', async () => {
  const session = await open();
  await session.whenBack();
  kills.at(-1)?.(newSessionLost('killed'));
  let isBack = false;
  void session.whenBack().then(() => {
    isBack = true;
  });
  await jest.advanceTimersByTimeAsync(199);
  expect(isBack).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  expect(isBack).toBe(true);
  expect(events).toEqual([{ kind: 'Lost', reason: expect.stringContaining('killed'), restartMs: 200 }, { kind: 'Restarted' }]);
});

test('given up after eight deaths without an answer', async () => {
  const session = await open();
  startError = new Error('no memory');
  kills.at(-1)?.(newSessionLost('killed'));
  const waited = expect(session.whenBack()).rejects.toMatchObject({ message: expect.stringMatching(/no memory/) });
  await jest.advanceTimersByTimeAsync(600_000);
  await waited;
  await expect(session.whenBack()).rejects.toMatchObject({ message: expect.stringMatching(/no memory/) });
  expect(kills).toHaveLength(8);
  expect(crashes).toMatchObject([{ code: 'UNAVAILABLE', message: expect.stringMatching(/no memory/) }]);
});

test('closed while it waits: it does not start again', async () => {
  const session = await open();
  kills.at(-1)?.(newSessionLost('killed'));
  const waited = expect(session.whenBack()).rejects.toMatchObject({ message: expect.stringMatching(/closed/) });
  await session.close();
  await waited;
  await jest.advanceTimersByTimeAsync(600_000);
  expect(kills).toHaveLength(1);
  await expect(session.run(BATCH)).rejects.toMatchObject({ message: expect.stringMatching(/closed/) });
});
