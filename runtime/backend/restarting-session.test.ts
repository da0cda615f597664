import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { InferenceError } from '../core/inference-error.js';
import type { RunBatch, Session } from '../dataplane/ports.js';
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
let startError: Error | undefined;

function open(): Promise<RestartingSession> {
  const start = async (onLost: (error: InferenceError) => void): Promise<Session> => {
    kills.push(onLost);
    if (startError !== undefined) throw startError;
    return SESSION;
  };
  return RestartingSession.open({ start, onCrash: (error) => crashes.push(error) });
}

beforeEach(() => {
  kills.length = 0;
  crashes.length = 0;
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

test('given up after eight deaths without an answer', async () => {
  await open();
  startError = new Error('no memory');
  kills.at(-1)?.(newSessionLost('killed'));
  await jest.advanceTimersByTimeAsync(600_000);
  expect(kills).toHaveLength(8);
  expect(crashes).toMatchObject([{ code: 'UNAVAILABLE', message: expect.stringMatching(/no memory/) }]);
});

test('closed while it waits: it does not start again', async () => {
  const session = await open();
  kills.at(-1)?.(newSessionLost('killed'));
  await session.close();
  await jest.advanceTimersByTimeAsync(600_000);
  expect(kills).toHaveLength(1);
  await expect(session.run(BATCH)).rejects.toMatchObject({ message: expect.stringMatching(/closed/) });
});
